import type { ErrorCode } from '../errors/error-registry.js';
import type { Logger } from '../logging/create-logger.js';
import type { Clock } from './clock.js';
import type { ManagedServing } from './managed-serving.js';
import type { StateChange } from './serving-events.js';

/** Failures whose cause may go away by itself. */
export const passingFailures: ReadonlySet<ErrorCode> = new Set([
  'ERR_HUB_UNREACHABLE',
  'ERR_CACHE_NO_SPACE',
  'ERR_CACHE_UNWRITABLE',
  'ERR_CACHE_INCOMPLETE',
  'ERR_CHECKSUM_MISMATCH',
  'ERR_LOCK_TIMEOUT',
  'ERR_GPU_OUT_OF_MEMORY',
  'ERR_GPU_LOST',
  'ERR_BACKEND_WORKER_LOST',
  'ERR_MEMORY_INSUFFICIENT',
]);

const firstWaitMs = 5000;
/** With jitter it becomes 5 min. */
const longestWaitMs = 250_000;
/** Part of the wait that is added at most, so that processes that failed together do not try again together. */
const jitter = 0.2;

/** What {@link RetryLoading} works with. */
export interface RetryLoadingOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/**
 * Tries a serving again that has failed for a cause that may pass: 5 s later at first, 5 min at most. An on-demand one is
 * not loaded then, which might evict another one for nobody's sake: it is unloaded, so that the next request tries again,
 * and its waits do not grow. Whatever else happens to the serving in between takes the place of the retry.
 */
export class RetryLoading {
  readonly #serving: ManagedServing;
  readonly #options: RetryLoadingOptions;
  #timer: { readonly failedAtMs: number; readonly dueAtMs: number; readonly cancel: () => void } | undefined;
  /** Tries since it was last all right. */
  #tries = 0;
  #lastWaitMs = 0;
  #pauses = 0;
  #wasReady = false;
  #isStopped = false;

  constructor(serving: ManagedServing, options: RetryLoadingOptions) {
    this.#serving = serving;
    this.#options = options;
  }

  /** When it will be tried again, ms from now; null where it will not. */
  get dueInMs(): number | null {
    return this.#timer === undefined ? null : Math.max(0, this.#timer.dueAtMs - this.#options.clock.now());
  }

  /** To be told of every state that the serving enters. */
  onState({ state, previous, previousMs }: Pick<StateChange, 'state' | 'previous' | 'previousMs'>): void {
    this.#disarm();
    this.#wasReady ||= state === 'ready';
    // One that fails soon after each start is not tried every 5 s for ever.
    const wasWell = previous === 'ready' && previousMs > this.#lastWaitMs;
    if (wasWell || state === 'unloaded') this.#tries = 0;
    this.retryIfFailed();
  }

  /** Nothing while the serving has not failed, or is to be tried again already. */
  retryIfFailed(): void {
    const { name, status, options } = this.#serving;
    if (this.#isStopped || this.#pauses > 0 || this.#timer !== undefined) return;
    const mayPass = status.error !== null && passingFailures.has(status.error.code);
    // A GPU that was lost may come back; one that was never there does not come by itself.
    const mayComeBack = status.state === 'no-gpu' && this.#wasReady;
    if (!(status.state === 'failed' && mayPass) && !mayComeBack) return;
    const { clock, log, random } = this.#options;
    const onDemand = options.memory === 'on-demand';
    const waitMs = (onDemand ? firstWaitMs : this.#nextWaitMs()) * (1 + jitter * random());
    this.#lastWaitMs = waitMs;
    this.#arm(clock.now(), clock.now() + waitMs);
    log.info(
      { event: 'serving.retry', serving: name, waitMs },
      `Serving ${name} ${onDemand ? 'can be asked' : 'is tried'} again in ${(waitMs / 1000).toFixed(1)} s`,
    );
  }

  /** Another serving was unloaded: one that lacks memory is tried as soon as it would be after a first failure. */
  onMemoryFreed(): void {
    if (this.#timer === undefined || this.#serving.status.error?.code !== 'ERR_MEMORY_INSUFFICIENT') return;
    const { failedAtMs, dueAtMs } = this.#timer;
    this.#disarm();
    this.#arm(failedAtMs, Math.min(dueAtMs, Math.max(failedAtMs + firstWaitMs, this.#options.clock.now())));
  }

  /** Leaves the serving alone until the returned function is called. */
  pause(): () => void {
    this.#disarm();
    this.#pauses++;
    return () => {
      this.#pauses--;
      this.retryIfFailed();
    };
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#disarm();
  }

  #nextWaitMs(): number {
    return Math.min(firstWaitMs * 2 ** this.#tries++, longestWaitMs);
  }

  #arm(failedAtMs: number, dueAtMs: number): void {
    const { clock } = this.#options;
    this.#timer = { failedAtMs, dueAtMs, cancel: clock.after(dueAtMs - clock.now(), () => this.#tryAgain()) };
  }

  #tryAgain(): void {
    this.#timer = undefined;
    const serving = this.#serving;
    const tried = serving.options.memory === 'on-demand' ? serving.unload('idle') : serving.load();
    // The serving itself tells of the failure. One that failed so soon that it was in no other state has entered none.
    void tried.catch(() => {}).then(() => this.retryIfFailed());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
