import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HornetError } from '../../errors/hornet-error.js';
import { hasErrorCode } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import { assertCommit } from './cache-names.js';
import { type RepositoryPaths, refPath, snapshotFolder, stagingPath } from './cache-paths.js';
import { makeFolder, syncFolder } from './durable-folder.js';

/**
 * Says that a branch or tag is at a commit: atomic, durable, without a trailing newline (Python takes
 * one for a part of the commit). Writes nothing when it says so already, or when the revision is the
 * commit. The commit's snapshot must be there, because a ref without one makes Python's scan complain
 * about the repository.
 * @throws ERR_HUB_REVISION_NOT_FOUND, ERR_CACHE_INCOMPLETE without a snapshot, ERR_CACHE_UNWRITABLE,
 *   ERR_CACHE_NO_SPACE
 */
export async function writeRef(paths: RepositoryPaths, revision: string, commit: string): Promise<void> {
  assertCommit(commit);
  const target = refPath(paths, revision);
  if (revision === commit) return;
  const before = await readFile(target, 'utf8').catch(() => undefined);
  if (before === commit) return;

  const temporary = stagingPath(paths, 'ref');
  try {
    // Syncing the folder also tells whether it is there.
    await syncFolder(snapshotFolder(paths, commit));
    await makeFolder(dirname(target));
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(commit);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    if (hasErrorCode(error, 'ENOENT')) {
      const message = `${paths.repository} has no snapshot of ${commit} in ${paths.cacheDir}.`;
      throw new HornetError('ERR_CACHE_INCOMPLETE', message, { cause: error });
    }
    if (hasErrorCode(error, 'EISDIR', 'ENOTDIR', 'EEXIST')) {
      const message = `The ref ${revision} cannot be kept: ${target} is in the way of another ref's name.`;
      throw new HornetError('ERR_CACHE_UNWRITABLE', message, { cause: error });
    }
    throw toStorageError(error, paths.folder);
  }
}
