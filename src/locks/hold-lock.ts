import { HornetError } from '../errors/hornet-error.js';
import { cancellationOf } from './cancellation.js';
import type { LockFile } from './lock-file.js';
import type { StaleLimits } from './stale-judge.js';
import type { WaitClock } from './wait-clock.js';

/** The lock as those see it who work under it. */
export interface HeldLock {
  /** Aborts when the lock is lost to another process (`ERR_LOCK_TIMEOUT`) or the caller cancels. */
  readonly signal: AbortSignal;
  /**
   * Looks at the lock file now.
   * @throws ERR_LOCK_TIMEOUT if it has gone to another process; ERR_CACHE_UNWRITABLE if it cannot be read; ERR_CANCELLED
   */
  assertHeld(): Promise<void>;
}

/**
 * Runs `work` with heartbeats going on behind it, then removes the lock file whatever came of it: now, or as soon as its
 * volume lets us.
 */
export async function holdLock<T>(
  file: LockFile,
  limits: StaleLimits,
  clock: WaitClock,
  signal: AbortSignal | undefined,
  work: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const lose = (cause?: unknown): void => {
    if (lost.signal.aborted) return;
    const message = `The lock ${file.path} was taken over by another process, as if this one had died.`;
    lost.abort(new HornetError('ERR_LOCK_TIMEOUT', message, { cause }));
  };
  const combined = signal === undefined ? lost.signal : AbortSignal.any([lost.signal, signal]);

  let beating: Promise<void> | undefined;
  let lastBeat = clock.now();
  const beat = async (): Promise<void> => {
    try {
      if (await file.beat()) lastBeat = clock.now();
      else lose();
    } catch (error) {
      // A passing fault of a network file system is no loss, but silence as long as this looks like death.
      if (clock.now() - lastBeat >= limits.staleMs) lose(error);
    }
  };
  const timer = setInterval(() => {
    beating ??= beat().finally(() => {
      beating = undefined;
    });
  }, limits.heartbeatMs);
  timer.unref();

  try {
    return await work({
      signal: combined,
      assertHeld: async () => {
        if (!combined.aborted && !(await isOurs(file))) lose();
        if (combined.aborted) throw cancellationOf(combined, 'Work under a lock');
      },
    });
  } finally {
    clearInterval(timer);
    await beating;
    // The outcome of the work counts more.
    await file.release().catch(() => removeWhenPossible(file, limits.heartbeatMs));
  }
}

async function isOurs(file: LockFile): Promise<boolean> {
  try {
    return await file.isOurs();
  } catch (error) {
    throw new HornetError('ERR_CACHE_UNWRITABLE', `The lock ${file.path} cannot be read.`, { cause: error });
  }
}

/**
 * A lock file that could not be removed, because its volume is read-only or gone just now: as long as this process lives
 * everybody would wait for it, this process too.
 */
function removeWhenPossible(file: LockFile, everyMs: number): void {
  const timer = setInterval(
    () =>
      void file.remove().then(
        () => clearInterval(timer),
        () => {},
      ),
    everyMs,
  );
  timer.unref();
}
