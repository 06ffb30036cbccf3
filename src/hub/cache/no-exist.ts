import { lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import { noExistPath, type RepositoryPaths } from './cache-paths.js';
import { makeFolder } from './durable-folder.js';

/**
 * Remembers that a commit has no such file, where Python's libraries look for it too.
 * @throws ERR_HUB_REVISION_NOT_FOUND, ERR_HUB_FILE_NOT_FOUND, ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export async function markNotExisting(paths: RepositoryPaths, commit: string, path: string): Promise<void> {
  const mark = noExistPath(paths, commit, path);
  await makeFolder(dirname(mark));
  try {
    await (await open(mark, 'wx')).close();
  } catch (error) {
    if (!hasErrorCode(error, 'EEXIST')) throw toStorageError(error, paths.folder);
  }
}

/**
 * Whether it is known that a commit has no such file.
 * @throws ERR_HUB_REVISION_NOT_FOUND, ERR_HUB_FILE_NOT_FOUND
 */
export async function isKnownNotToExist(paths: RepositoryPaths, commit: string, path: string): Promise<boolean> {
  return (await unlessMissing(lstat(noExistPath(paths, commit, path))))?.isFile() === true;
}
