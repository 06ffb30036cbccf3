import { dirname, resolve } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { cancellationOf, throwIfCancelled } from './cancellation.js';
import type { LinkFile } from './create-exclusively.js';
import { hasErrorCode } from './has-error-code.js';
import { type HeldLock, holdLock } from './hold-lock.js';
import { LockFile } from './lock-file.js';
import { readLockFile } from './lock-record.js';
import { makeFolders } from './make-folders.js';
import { queueForPath } from './path-queue.js';
import { ownProcessIdentity, type ProcessIdentity } from './process-identity.js';
import { readFileSystemClock, StaleJudge, type StaleLimits } from './stale-judge.js';
import { toStorageError } from './storage-error.js';
import { sweepLeftovers } from './sweep-leftovers.js';
import { takeOverLock } from './take-over-lock.js';
import { systemWaitClock, type WaitClock } from './wait-clock.js';

/** Options of {@link withFileLock}; all durations in milliseconds. */
export interface FileLockOptions {
  /** Ends the waiting (`ERR_CANCELLED`), and aborts the `signal` that the work gets. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the lock; 0 tries once. Default: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Called when there is something to wait for, and again when the lock has passed to another holder. */
  readonly onWait?: ((holder: ProcessIdentity | undefined) => void) | undefined;
  /** Time between heartbeats; default 5,000. */
  readonly heartbeatMs?: number | undefined;
  /** Silence after which a holder on another machine or in another container counts as gone; default 60,000. */
  readonly staleMs?: number | undefined;
  /** For tests. */
  readonly clock?: WaitClock | undefined;
  /** For tests: who we are. */
  readonly identity?: ProcessIdentity | undefined;
  /** For tests: `link(2)`. */
  readonly linkFile?: LinkFile | undefined;
}

const firstPollMs = 5;
const longestPollMs = 500;

/**
 * Runs `work` while no other process, and no other caller in this one, holds the lock file at `path`.
 * Made for volumes that are shared between processes, containers and machines; needs neither native
 * code nor flock. The folder is created; the file is removed when the work has ended.
 *
 * A holder of this machine and container that was killed is noticed at once. One that cannot be asked
 * after is taken over when its heartbeats (the file's mtime, by the clock of the file system) have been
 * missing for `staleMs` and go on missing for two more beats.
 *
 * A lock of this kind keeps work from being done twice; it is not what makes results right. A holder
 * may be suspended, taken for dead, and wake up in the middle of a write. So callers write to names of
 * their own, verify, and rename; `lock.signal` and `lock.assertHeld()` only tell them early.
 *
 * @throws ERR_LOCK_TIMEOUT, ERR_CANCELLED, ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE, and what `work` throws
 */
export async function withFileLock<T>(
  path: string,
  options: FileLockOptions,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const absolute = resolve(path);
  const { signal, clock = systemWaitClock } = options;
  const limits: StaleLimits = { heartbeatMs: options.heartbeatMs ?? 5_000, staleMs: options.staleMs ?? 60_000 };
  throwIfCancelled(signal, `Waiting for the lock ${absolute}`);
  const wait = new Waiting(absolute, options, clock);
  const place = queueForPath(absolute);
  try {
    if (place.mustWait) {
      options.onWait?.(options.identity ?? ownProcessIdentity());
      await wait.until(place.turn);
    }
    const file = await acquire(absolute, options, limits, wait, clock);
    return await holdLock(file, limits, clock, signal, work);
  } finally {
    place.leave();
  }
}

/** How much longer one caller may wait, and the waiting itself. */
class Waiting {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: WaitClock;
  readonly #deadline: number;

  constructor(path: string, options: FileLockOptions, clock: WaitClock) {
    this.#path = path;
    this.#signal = options.signal;
    this.#clock = clock;
    this.#deadline = clock.now() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  /** Waits for the promise, as long as the deadline and the signal let it. */
  async until(turn: Promise<void>): Promise<void> {
    const over = new AbortController();
    const left = this.#deadline - this.#clock.now();
    // A timer of setTimeout reaches 24 days, and "for ever" needs only the signal.
    const limit = Math.min(left, 2_000_000_000);
    const stop = this.#signal === undefined ? over.signal : AbortSignal.any([over.signal, this.#signal]);
    let come = false;
    try {
      const arrival = turn.then(() => {
        come = true;
      });
      await Promise.race([arrival, left <= 0 ? Promise.resolve() : this.#clock.sleep(limit, stop)]);
    } catch (error) {
      throw this.#signal?.aborted === true ? this.#cancelled(this.#signal) : error;
    } finally {
      over.abort();
    }
    if (!come) throw this.#timeout(undefined);
  }

  /** Sleeps before the next look, or throws when the time is over. */
  async pause(ms: number, holder: ProcessIdentity | undefined): Promise<void> {
    const left = this.#deadline - this.#clock.now();
    if (left <= 0) throw this.#timeout(holder);
    try {
      await this.#clock.sleep(Math.min(left, ms * (0.5 + Math.random() / 2)), this.#signal);
    } catch (error) {
      throw this.#signal?.aborted === true ? this.#cancelled(this.#signal) : error;
    }
    throwIfCancelled(this.#signal, `Waiting for the lock ${this.#path}`);
  }

  #cancelled(signal: AbortSignal): HornetError {
    return cancellationOf(signal, `Waiting for the lock ${this.#path}`);
  }

  #timeout(holder: ProcessIdentity | undefined): HornetError {
    const who = holder === undefined ? 'somebody else' : `process ${holder.pid} on ${holder.host}`;
    return new HornetError('ERR_LOCK_TIMEOUT', `The lock ${this.#path} is held by ${who}.`);
  }
}

async function acquire(
  path: string,
  options: FileLockOptions,
  limits: StaleLimits,
  wait: Waiting,
  clock: WaitClock,
): Promise<LockFile> {
  const self = options.identity ?? ownProcessIdentity();
  const judge = new StaleJudge(self, limits, clock, () => readFileSystemClock(path));
  let lastKey: string | undefined;
  let pollMs = firstPollMs;
  let madeFolders = 0;
  for (;;) {
    try {
      const state = await readLockFile(path);
      if (state === undefined) {
        const file = await LockFile.tryCreate(path, self, options.linkFile);
        if (file !== undefined) {
          await sweepLeftovers(path, self).catch(() => {});
          return file;
        }
        continue;
      }
      if (await judge.isGone(state)) {
        await takeOverLock(path, state, self, (found) => judge.isGone(found));
        if ((await readLockFile(path))?.key !== state.key) continue;
      }
      if (state.key !== lastKey) {
        lastKey = state.key;
        pollMs = firstPollMs;
        options.onWait?.(state.record);
      }
      await wait.pause(pollMs, state.record);
      pollMs = Math.min(longestPollMs, pollMs * 1.6);
    } catch (error) {
      // The folder is missing: for the first lock in it, or because somebody has cleared it away.
      if (!hasErrorCode(error, 'ENOENT') || madeFolders++ >= 100) throw toStorageError(error, dirname(path));
      await makeFolders(dirname(path)).catch((cause: unknown) => {
        throw toStorageError(cause, dirname(path));
      });
    }
  }
}
