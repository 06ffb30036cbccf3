import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { loadAddon } from '../native/load-addon.js';
import { fileState } from '../onnx/file-state.js';
import { keepNewest } from '../onnx/keep-newest.js';

/** Hashed in one go on the calling thread. */
const chunkBytes = 1024 * 1024;

/** Files that are fetched again are others each time. */
const mostKnown = 256;

const known = new Map<string, Promise<string>>();

/**
 * sha256 of a file, in hexadecimal digits. Remembered within the process for as long as path, size, time of change and
 * inode stay the same, so that a server does not read gigabytes again for each question.
 */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const key = await fileState(path);
  const remembered = known.get(key);
  if (remembered !== undefined) {
    const hex = await remembered.catch(() => undefined);
    if (hex !== undefined) return hex;
    // Who began may have been cancelled, which is nothing to us.
    signal?.throwIfAborted();
    return hashFile(path, signal);
  }
  const hash = hashBytes(path, signal);
  keepNewest(known, key, hash, mostKnown);
  try {
    const hex = await hash;
    // Changed while it was read: this hash is of neither state.
    if ((await fileState(path)) !== key) known.delete(key);
    return hex;
  } catch (error) {
    known.delete(key);
    throw error;
  }
}

/** Off the JavaScript thread where the addon can do it as fast, so that other things go on meanwhile. */
async function hashBytes(path: string, signal: AbortSignal | undefined): Promise<string> {
  const addon = loadAddon();
  if (addon === null || !addon.hashesFast) return hashHere(path, signal);
  const hex = await addon.hashFile(path);
  signal?.throwIfAborted();
  return hex;
}

async function hashHere(path: string, signal: AbortSignal | undefined): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    // One buffer for all of it: a new one for each piece piles up faster than it is collected.
    const buffer = Buffer.allocUnsafe(chunkBytes);
    for (let position = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
