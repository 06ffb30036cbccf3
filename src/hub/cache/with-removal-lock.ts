import { stat } from 'node:fs/promises';
import { HornetError } from '../../errors/hornet-error.js';
import { unlessMissing } from '../../locks/has-error-code.js';
import type { HeldLock } from '../../locks/hold-lock.js';
import { type FileLockOptions, withFileLock } from '../../locks/with-file-lock.js';

/**
 * `withFileLock` for what only removes. On a volume that is full a lock file may have no room, and what would make room
 * must not fail for it: where nobody holds the lock `work` runs without it. Nobody else can take it either, until something
 * is gone; who does then finds files missing, as behind any removal, and fetches them.
 * @throws as `withFileLock`
 */
export async function withRemovalLock<T>(
  path: string,
  options: FileLockOptions,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  let isHeld = false;
  try {
    return await withFileLock(path, options, (lock) => {
      isHeld = true;
      return work(lock);
    });
  } catch (error) {
    if (isHeld || !(error instanceof HornetError && error.code === 'ERR_CACHE_NO_SPACE')) throw error;
    if ((await unlessMissing(stat(path))) !== undefined) throw error;
    const signal = options.signal ?? new AbortController().signal;
    return work({ signal, assertHeld: async () => signal.throwIfAborted() });
  }
}
