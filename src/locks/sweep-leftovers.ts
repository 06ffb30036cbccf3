import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { unlessMissing } from './has-error-code.js';
import { readLockFile } from './lock-record.js';
import { livenessOf, type ProcessIdentity } from './process-identity.js';

/** Leftovers of processes that cannot be asked after are kept this long, milliseconds. */
const foreignLeftoverMs = 3_600_000;

/**
 * Deletes what killed processes left beside the lock file: temporary names, claims, locks moved aside.
 * Called by the holder of the lock, for whom no claim on an earlier acquisition matters any more.
 */
export async function sweepLeftovers(path: string, self: ProcessIdentity): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix) || !/\.(?:tmp|claim|stale)$/.test(name)) continue;
    const leftover = await readLockFile(join(folder, name));
    if (leftover === undefined) continue;
    const liveness = leftover.record === undefined ? 'foreign' : await livenessOf(leftover.record, self);
    const old = Date.now() - leftover.mtimeMs > foreignLeftoverMs;
    if (liveness === 'dead' || (liveness === 'foreign' && old)) await unlessMissing(unlink(join(folder, name)));
  }
}
