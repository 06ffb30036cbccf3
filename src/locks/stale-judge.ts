import { randomBytes } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { unlessMissing } from './has-error-code.js';
import type { LockState } from './lock-record.js';
import { livenessOf, type ProcessIdentity } from './process-identity.js';
import type { WaitClock } from './wait-clock.js';

/** When the silence of a holder means that it is gone; milliseconds. */
export interface StaleLimits {
  /** Time between two heartbeats of a holder. */
  readonly heartbeatMs: number;
  /** Silence after which a holder that cannot be asked after (another machine or container) counts as gone. */
  readonly staleMs: number;
}

/** A live process of this machine that is silent for this many `staleMs` has lost its lock (an ended worker thread). */
const stuckFactor = 10;

/**
 * What time the file system has, in milliseconds: the mtime that it gives to a file written just now
 * beside `path`. Heartbeats are compared with this, because the clocks of two machines differ.
 */
export async function readFileSystemClock(path: string): Promise<number> {
  const probe = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  const handle = await open(probe, 'wx');
  try {
    await handle.writeFile('\n');
    return (await handle.stat()).mtimeMs;
  } finally {
    await handle.close();
    await unlessMissing(unlink(probe));
  }
}

/** Decides whether the holder of a lock file is gone. One judge serves one waiting caller. */
export class StaleJudge {
  readonly #self: ProcessIdentity;
  readonly #limits: StaleLimits;
  readonly #clock: WaitClock;
  readonly #readFileSystemClock: () => Promise<number>;
  #reading: { readonly fileSystemMs: number; readonly at: number } | undefined;
  readonly #silent = new Map<string, { readonly mtimeMs: number; readonly since: number }>();

  constructor(self: ProcessIdentity, limits: StaleLimits, clock: WaitClock, readClock: () => Promise<number>) {
    this.#self = self;
    this.#limits = limits;
    this.#clock = clock;
    this.#readFileSystemClock = readClock;
  }

  /**
   * `true` at once for a process of this machine and container that no longer runs. For any other
   * holder: when its last heartbeat is older than the limit, and two further heartbeats have not come
   * while we were looking (after a suspended machine wakes up, waiters must not be faster than holders).
   */
  async isGone(state: LockState): Promise<boolean> {
    const liveness = state.record === undefined ? 'foreign' : await livenessOf(state.record, this.#self);
    if (liveness === 'dead') return true;
    const limit = liveness === 'alive' ? this.#limits.staleMs * stuckFactor : this.#limits.staleMs;
    if ((await this.#fileSystemNow()) - state.mtimeMs <= limit) {
      this.#silent.delete(state.key);
      return false;
    }
    const seen = this.#silent.get(state.key);
    if (seen?.mtimeMs !== state.mtimeMs) {
      this.#silent.set(state.key, { mtimeMs: state.mtimeMs, since: this.#clock.now() });
      return false;
    }
    return this.#clock.now() - seen.since >= 2 * this.#limits.heartbeatMs;
  }

  async #fileSystemNow(): Promise<number> {
    const now = this.#clock.now();
    if (this.#reading === undefined || now - this.#reading.at >= this.#limits.heartbeatMs) {
      this.#reading = { fileSystemMs: await this.#readFileSystemClock(), at: now };
    }
    return this.#reading.fileSystemMs + (now - this.#reading.at);
  }
}
