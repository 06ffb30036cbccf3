import type { HeldLock } from '../../locks/hold-lock.js';
import { type FileLockOptions, withFileLock } from '../../locks/with-file-lock.js';
import { type RepositoryPaths, repositoryLockPath } from './cache-paths.js';

/**
 * Runs `work` while no other process publishes snapshots of this repository or removes anything of it.
 * Whoever links a blob that was there already holds this lock from looking for the blob to the link, so
 * that it cannot be pruned in between. Short work only: downloads have a lock for each blob, which may
 * be held while this one is waited for, never the other way round.
 * @throws ERR_LOCK_TIMEOUT, ERR_CANCELLED, ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE, and what `work` throws
 */
export function withRepositoryLock<T>(
  paths: RepositoryPaths,
  options: FileLockOptions,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  return withFileLock(repositoryLockPath(paths), options, work);
}
