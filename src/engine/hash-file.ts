import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const known = new Map<string, Promise<string>>();

/**
 * sha256 of a file, in hexadecimal digits. Remembered within the process for as long as path, size, time of change and
 * inode stay the same, so that a server does not read gigabytes again for each question.
 */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const handle = await open(path, 'r');
  try {
    const key = await keyOf(path, handle);
    const remembered = known.get(key);
    if (remembered !== undefined) return await remembered;
    const hex = await hashHandle(handle, signal);
    // Changed while it was read: this hash is of neither state.
    if ((await keyOf(path, handle)) === key) known.set(key, Promise.resolve(hex));
    return hex;
  } finally {
    await handle.close();
  }
}

async function keyOf(path: string, handle: FileHandle): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await handle.stat({ bigint: true });
  return [size, mtimeNs, ctimeNs, ino, dev, path].join(':');
}

async function hashHandle(handle: FileHandle, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  const options = { fd: handle, autoClose: false, start: 0, highWaterMark: 1 << 20, signal };
  for await (const chunk of createReadStream('', options)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
