import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** CUDA's number for a version in words: 13000 is `13.0`. */
export function formatCudaVersion(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** Oldest Linux driver by CUDA's major version. */
export const oldestDrivers: Readonly<Record<number, string>> = { 12: 'r525', 13: 'r580' };

const marker = 'Cuda compilation tools, release ';
const chunkBytes = 8 << 20;

const known = new Map<string, number | null>();

/**
 * Major version of the CUDA that a library was built with, from the words that NVIDIA's compiler leaves in it; null
 * where there are none. Reads up to the whole file, which takes about 0.1 s for TensorRT-RTX: ask only when it matters.
 * Remembered within the process for as long as the file stays the same.
 */
export function readCudaMajor(libraryPath: string): number | null {
  let file: number;
  try {
    file = openSync(libraryPath, 'r');
  } catch {
    return null;
  }
  try {
    const { size, mtimeNs, ctimeNs, ino, dev } = fstatSync(file, { bigint: true });
    const key = [size, mtimeNs, ctimeNs, ino, dev, libraryPath].join(':');
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const major = scanForCudaMajor(file, Number(size));
    known.set(key, major);
    return major;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

function scanForCudaMajor(file: number, size: number): number | null {
  const overlap = marker.length + 8;
  const buffer = Buffer.alloc(chunkBytes + overlap);
  // Device code lies towards the end.
  for (let start = size; start > 0; ) {
    const from = Math.max(0, start - chunkBytes);
    const bytes = readSync(file, buffer, 0, start - from + overlap, from);
    const at = buffer.subarray(0, bytes).indexOf(marker);
    if (at >= 0) {
      const major = Number.parseInt(buffer.toString('latin1', at + marker.length, at + marker.length + 4), 10);
      if (major >= 9 && major < 100) return major;
    }
    start = from;
  }
  return null;
}
