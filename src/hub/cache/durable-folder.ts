import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { hasErrorCode } from '../../locks/has-error-code.js';
import { makeFolders } from '../../locks/make-folders.js';
import { toStorageError } from '../../locks/storage-error.js';

/** Makes renames, links and deletions in a folder survive a power cut (fsync); a no-op where folders cannot be synced. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(folder, 'r');
  } catch (error) {
    if (hasErrorCode(error, 'EISDIR', 'EPERM', 'EACCES')) return; // Windows
    throw error;
  }
  try {
    await handle.sync();
  } catch (error) {
    if (!hasErrorCode(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EBADF', 'EROFS')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Creates a folder and its parents, durably.
 * @throws ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    const first = await makeFolders(folder);
    if (first === undefined) return;
    const top = dirname(resolve(first));
    for (let parent = dirname(resolve(folder)); ; parent = dirname(parent)) {
      await syncFolder(parent);
      if (parent === top || parent === dirname(parent)) return;
    }
  } catch (error) {
    throw toStorageError(error, folder);
  }
}

/** Writes what is in the system's memory of a file to the disk. @returns its size in bytes */
export async function syncFile(path: string): Promise<number> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    await handle.sync();
    return size;
  } finally {
    await handle.close();
  }
}
