import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { HornetError } from '../../errors/hornet-error.js';
import type { ByteRange, Segment } from '../byte-range.js';

/** Two of this size are in memory at a time. */
const chunkBytes = 1024 * 1024;

/**
 * Writes a new file from its segments, through two buffers of 1 MiB. It is not synced: a prepared graph is of no use
 * after the build that it was written for, and a power failure ends that too.
 * @param path must not exist
 * @returns bytes written
 * @throws ERR_ONNX_INVALID where a source ends before its range does; errors of the file system as they come
 */
export async function writeSegments(path: string, segments: readonly Segment[]): Promise<number> {
  const sources = new Map<string, FileHandle>();
  const target = await open(path, 'wx');
  try {
    let [buffer, spare] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
    let used = 0;
    let bytes = 0;
    let writing: Promise<void> = Promise.resolve();
    // one buffer is filled while the other one is written
    const flush = async () => {
      const chunk = buffer.subarray(0, used);
      await writing;
      writing = writeAll(target, chunk);
      writing.catch(() => {}); // awaited later, or not at all when reading fails first
      [buffer, spare] = [spare, buffer];
      bytes += used;
      used = 0;
    };
    for (const segment of segments) {
      for (let done = 0; done < segment.length; ) {
        if (used === chunkBytes) await flush();
        const count = Math.min(segment.length - done, chunkBytes - used);
        const into = buffer.subarray(used, used + count);
        if (segment instanceof Uint8Array) into.set(segment.subarray(done, done + count));
        else await readAll(await sourceOf(sources, segment.path), segment, done, into);
        used += count;
        done += count;
      }
    }
    await flush();
    await writing;
    return bytes;
  } finally {
    await Promise.all([target, ...sources.values()].map((handle) => handle.close()));
  }
}

async function sourceOf(sources: Map<string, FileHandle>, path: string): Promise<FileHandle> {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const handle = await open(path, 'r');
  sources.set(path, handle);
  return handle;
}

async function readAll(source: FileHandle, range: ByteRange, done: number, into: Uint8Array): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await source.read(into, filled, into.length - filled, range.offset + done + filled);
    if (bytesRead === 0) {
      throw new HornetError('ERR_ONNX_INVALID', `${basename(range.path)} ended while its weights were copied.`);
    }
    filled += bytesRead;
  }
}

async function writeAll(target: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await target.write(bytes, written, bytes.length - written)).bytesWritten;
  }
}
