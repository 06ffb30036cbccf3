import { stat } from 'node:fs/promises';
import { HornetError } from '../../errors/hornet-error.js';
import { unlessMissing } from '../../locks/has-error-code.js';
import type { HeldLock } from '../../locks/hold-lock.js';
import { toStorageError } from '../../locks/storage-error.js';
import type { FileLockOptions } from '../../locks/with-file-lock.js';
import { type RepositoryPaths, repositoryLockPath, snapshotFolder } from './cache-paths.js';
import { resolveCached } from './find-snapshot.js';
import { removeFolder, removeSnapshots } from './remove-snapshots.js';
import { scanRepository } from './scan-repository.js';
import { withRemovalLock } from './with-removal-lock.js';

/**
 * Removes one revision: its refs, its snapshot, and the blobs that no other revision uses. Whoever has
 * files of it open goes on reading them.
 * @param revision branch, tag, commit or the beginning of one
 * @returns the commit and the bytes that the volume got back
 * @throws ERR_CACHE_NOT_FOUND, ERR_HUB_REVISION_NOT_FOUND, ERR_LOCK_TIMEOUT, ERR_CANCELLED, ERR_CACHE_UNWRITABLE
 */
export function removeRevision(
  paths: RepositoryPaths,
  revision: string,
  options: FileLockOptions = {},
): Promise<{ readonly commit: string; readonly bytes: number }> {
  return whileStored(paths, options, async (lock) => {
    const commit = await resolveCached(paths, revision);
    if (commit === undefined || (await unlessMissing(stat(snapshotFolder(paths, commit)))) === undefined) {
      const message = `The cache ${paths.cacheDir} has no revision ${revision} of ${paths.repository}.`;
      throw new HornetError('ERR_CACHE_NOT_FOUND', message);
    }
    return { commit, bytes: await removeSnapshots(paths, new Set([commit]), lock) };
  });
}

/**
 * Removes a repository with all its revisions. A download that is going on for it fails with
 * `ERR_CACHE_INCOMPLETE` and has to begin again.
 * @returns the bytes that the volume got back
 * @throws ERR_CACHE_NOT_FOUND, ERR_LOCK_TIMEOUT, ERR_CANCELLED, ERR_CACHE_UNWRITABLE
 */
export function removeRepository(
  paths: RepositoryPaths,
  options: FileLockOptions = {},
): Promise<{ readonly bytes: number }> {
  return whileStored(paths, options, async (lock) => {
    const { blobs, bytes } = await scanRepository(paths, 'model', []);
    await lock.assertHeld();
    await removeFolder(paths);
    return { bytes: bytes - blobs.reduce((sum, blob) => sum + (blob.shared ? blob.bytes : 0), 0) };
  });
}

async function whileStored<T>(
  paths: RepositoryPaths,
  options: FileLockOptions,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const assertStored = async (): Promise<void> => {
    if ((await unlessMissing(stat(paths.folder))) !== undefined) return;
    throw new HornetError('ERR_CACHE_NOT_FOUND', `The cache ${paths.cacheDir} does not have ${paths.repository}.`);
  };
  await assertStored(); // before a lock file is made for a misspelt name
  return withRemovalLock(repositoryLockPath(paths), options, async (lock) => {
    await assertStored();
    try {
      return await work(lock);
    } catch (error) {
      throw toStorageError(error, paths.folder);
    }
  });
}
