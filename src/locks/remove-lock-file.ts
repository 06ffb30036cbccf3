import { randomBytes } from 'node:crypto';
import { link, rename, unlink } from 'node:fs/promises';
import { createExclusively } from './create-exclusively.js';
import { hasErrorCode, unlessMissing } from './has-error-code.js';
import { formatLockRecord, type LockRecord, readLockFile } from './lock-record.js';

/**
 * Removes the lock file at `path` if it is still the one that `key` names. It is renamed to a unique
 * name first and looked at there, so that a lock that somebody took in between is not deleted but put
 * back (unless the next one has come by then: the moved one's holder finds out at its next heartbeat).
 * @returns whether that very lock was removed by this call
 */
export async function removeLockFile(path: string, key: string): Promise<boolean> {
  const before = await readLockFile(path);
  if (before?.key !== key) return false;
  const aside = `${path}.${randomBytes(8).toString('hex')}.stale`;
  if ((await unlessMissing(rename(path, aside).then(() => true))) === undefined) return false;
  const moved = await readLockFile(aside);
  if (moved !== undefined && moved.key !== key && moved.record !== undefined) {
    await putBack(aside, path, moved.record);
  }
  await unlessMissing(unlink(aside));
  return moved?.key === key;
}

/** The file itself where that can be: its holder goes on beating on it. */
async function putBack(aside: string, path: string, record: LockRecord): Promise<void> {
  try {
    await link(aside, path);
  } catch (error) {
    if (hasErrorCode(error, 'EEXIST')) return;
    const handle = await createExclusively(path, formatLockRecord(record));
    await handle?.close();
  }
}
