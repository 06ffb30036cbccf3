import type { ClientClock } from './client-clock.js';
import { HornetClientError } from './hornet-client-error.js';

/** What ends a call before its answer. */
export interface CallDeadlineOptions {
  readonly timeoutMs: number;
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly clock: ClientClock;
}

/** The time and the signals of one call, over all of its attempts. */
export class CallDeadline {
  readonly #controller = new AbortController();
  readonly #clock: ClientClock;
  readonly #endMs: number;
  readonly #stops: (() => void)[] = [];

  constructor({ timeoutMs, signals, clock }: CallDeadlineOptions) {
    this.#clock = clock;
    this.#endMs = clock.now() + timeoutMs;
    // Not AbortSignal.any: in Node 20 a signal that lives long never forgets the ones that were made from it.
    for (const signal of signals) {
      if (signal === undefined) continue;
      const onAbort = (): void => this.#end('ERR_CLIENT_ABORTED', 'The call was aborted.', signal.reason);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      this.#stops.push(() => signal.removeEventListener('abort', onAbort));
    }
    if (Number.isFinite(timeoutMs)) {
      this.#stops.push(
        clock.after(timeoutMs, () => this.#end('ERR_CLIENT_TIMEOUT', `There was no answer within ${timeoutMs} ms.`)),
      );
    }
  }

  /** Aborts with a HornetClientError as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Until its end, ms; Infinity where it has none. */
  get leftMs(): number {
    return this.#endMs - this.#clock.now();
  }

  /** What it ended with. */
  get error(): HornetClientError | undefined {
    return this.signal.aborted ? (this.signal.reason as HornetClientError) : undefined;
  }

  /** Waits; less where it ends before. @throws its error */
  async pause(ms: number): Promise<void> {
    let cancel = (): void => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.#clock.after(ms, resolve);
    });
    try {
      await this.race(over);
    } finally {
      cancel();
    }
  }

  /** The promise, or a rejection with its error as soon as it ends. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as HornetClientError);
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  /** Stops the timer and forgets the signals; to be called when the call is over. */
  clear(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Ends whatever still listens to it. */
  end(error: HornetClientError): void {
    if (!this.signal.aborted) this.#controller.abort(error);
  }

  #end(code: 'ERR_CLIENT_ABORTED' | 'ERR_CLIENT_TIMEOUT', message: string, cause?: unknown): void {
    this.end(new HornetClientError(code, message, cause === undefined ? {} : { cause }));
  }
}
