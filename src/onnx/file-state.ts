import { readlink, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/**
 * A text that stays the same as long as path, size, times of change and inode of a file do. A blob of the Hub's cache has a
 * ctime that changes whenever its use is noted, and a name that says what is in it, so there the ctime does not count.
 */
export async function fileState(path: string): Promise<string> {
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(path, { bigint: true });
  return [size, mtimeNs / 1000n, (await isBlob(path)) ? '' : ctimeNs, ino, dev, path].join(':');
}

async function isBlob(path: string): Promise<boolean> {
  const target = await readlink(path).catch(() => path);
  return basename(dirname(target)) === 'blobs' && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(basename(target));
}
