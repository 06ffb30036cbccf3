import { stat } from 'node:fs/promises';

/** A text that stays the same as long as path, size, times of change and inode of a file do. */
export async function fileState(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, { bigint: true });
  return [size, mtimeNs, ctimeNs, ino, dev, path].join(':');
}
