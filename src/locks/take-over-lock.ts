import { randomBytes } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { createExclusively } from './create-exclusively.js';
import { unlessMissing } from './has-error-code.js';
import { formatLockRecord, type LockState, readLockFile } from './lock-record.js';
import type { ProcessIdentity } from './process-identity.js';
import { removeLockFile } from './remove-lock-file.js';

/**
 * Removes the lock of a holder that is gone, so that those who wait can compete for it again.
 *
 * Of several takers only one may act, or the slow one would remove the lock that the quick one has just
 * taken. So the right to succeed one acquisition is itself taken exclusively, as the file
 * `PATH.<key>.claim`. If a claimant dies in turn, the right passes to whoever claims the succession of
 * that claim: a chain in which at any time one live process may act.
 * @param isGone whether the holder of a lock or claim no longer lives
 */
export async function takeOverLock(
  path: string,
  gone: LockState,
  self: ProcessIdentity,
  isGone: (state: LockState) => Promise<boolean>,
): Promise<void> {
  const inherited: string[] = [];
  let key = gone.key;
  for (;;) {
    const claim = `${path}.${key}.claim`;
    const record = { ...self, id: randomBytes(12).toString('hex'), createdAt: new Date().toISOString() };
    const handle = await createExclusively(claim, formatLockRecord(record));
    if (handle !== undefined) {
      await handle.close();
      try {
        await removeLockFile(path, gone.key);
      } finally {
        // Ours goes last: with an inherited one gone first, a newcomer finds the lock removed already.
        for (const file of [...inherited, claim]) await unlessMissing(unlink(file));
      }
      return;
    }
    const claimant = await readLockFile(claim);
    if (claimant === undefined || !(await isGone(claimant))) return;
    inherited.push(claim);
    key = claimant.key;
  }
}
