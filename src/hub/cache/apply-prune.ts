import { rm, unlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { HornetError } from '../../errors/hornet-error.js';
import { throwIfCancelled } from '../../locks/cancellation.js';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import type { HeldLock } from '../../locks/hold-lock.js';
import { toStorageError } from '../../locks/storage-error.js';
import type { FileLockOptions } from '../../locks/with-file-lock.js';
import { blobLockPath, type RepositoryPaths, repositoryLockPath, repositoryPaths } from './cache-paths.js';
import type { PruneItem, PrunePlan } from './plan-prune.js';
import { removeSnapshots } from './remove-snapshots.js';
import { type CachedRepository, scanRepository } from './scan-repository.js';
import { withRemovalLock } from './with-removal-lock.js';

/** What {@link applyPrune} did. */
export interface PruneOutcome {
  readonly removed: readonly PruneItem[];
  /** Items that have changed since the plan was made, or are in use. */
  readonly skipped: readonly PruneItem[];
  /** Bytes that the volume got back. */
  readonly bytes: number;
}

/** Options of {@link applyPrune}. */
export interface ApplyPruneOptions extends FileLockOptions {
  /** Called after each item that was removed. */
  readonly onRemoved?: ((item: PruneItem) => void) | undefined;
}

/**
 * Removes what a plan lists, except what has been used, changed or linked since. One repository at a
 * time under its lock; a crash leaves every visible snapshot whole.
 * @throws ERR_LOCK_TIMEOUT, ERR_CANCELLED, ERR_CACHE_UNWRITABLE
 */
export async function applyPrune(plan: PrunePlan, options: ApplyPruneOptions = {}): Promise<PruneOutcome> {
  const removed: PruneItem[] = [];
  const skipped: PruneItem[] = [];
  let bytes = 0;
  for (const repository of new Set(plan.items.map((item) => item.repository))) {
    const items = plan.items.filter((item) => item.repository === repository);
    const paths = repositoryPaths(plan.cacheDir, repository);
    await withRemovalLock(repositoryLockPath(paths), options, async (lock) => {
      // Loose things first: removing the last snapshot removes the folder if nothing else is in it.
      for (const item of items.toSorted((a, b) => Number(a.kind === 'revision') - Number(b.kind === 'revision'))) {
        throwIfCancelled(options.signal, 'Pruning the cache');
        const freed = await applyItem(paths, item, lock, options).catch((error: unknown) => {
          throw toStorageError(error, paths.folder);
        });
        if (freed === undefined) {
          skipped.push(item);
          continue;
        }
        bytes += freed;
        removed.push(item);
        options.onRemoved?.(item);
      }
    });
  }
  return { removed, skipped, bytes };
}

/** The bytes that came free, or `undefined` for an item that has to stay. */
async function applyItem(
  paths: RepositoryPaths,
  item: PruneItem,
  lock: HeldLock,
  options: FileLockOptions,
): Promise<number | undefined> {
  if (item.kind === 'leftover') {
    await rm(item.path, { recursive: true, force: true });
    return item.bytes;
  }
  const repository = await scanRepository(paths, 'model', []);
  await lock.assertHeld();
  if (item.kind === 'revision') {
    const now = repository.revisions.find(({ commit }) => commit === item.commit);
    if (now === undefined || now.lastUsedMs > item.lastUsedMs || now.refs.join() !== item.refs.join()) return undefined;
    return removeSnapshots(paths, new Set([item.commit]), lock);
  }
  const list: keyof CachedRepository = item.kind === 'orphan' ? 'orphanedBlobs' : 'partials';
  const now = repository[list].find(({ path }) => path === item.path);
  if (now?.changedMs !== item.changedMs) return undefined;
  const gone = await unlinkUnderBlobLock(paths, item.path, { ...options, timeoutMs: 0, signal: lock.signal });
  return gone ? item.bytes : undefined;
}

/** Deletes a blob or partial unless somebody holds its lock, that is, downloads it now. */
async function unlinkUnderBlobLock(paths: RepositoryPaths, path: string, options: FileLockOptions): Promise<boolean> {
  const etag = basename(path).replace(/(?:\.hornet)?\.incomplete(?:\.ranges)?$/, '');
  try {
    await withRemovalLock(blobLockPath(paths, etag), options, () => unlessMissing(unlink(path)));
    return true;
  } catch (error) {
    // Locked, or with a name that no blob has: not ours to delete.
    if (error instanceof HornetError && /^ERR_(?:LOCK_TIMEOUT|HUB_FILE_NOT_FOUND)$/.test(error.code)) return false;
    if (hasErrorCode(error, 'EISDIR')) return false;
    throw error;
  }
}
