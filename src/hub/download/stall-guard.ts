import type { DownloadSettings } from './download-options.js';
import { TryFailure } from './try-failure.js';

/**
 * The signal of one try: aborts with the signal of the whole download, and when the network has been waited
 * for longer than `stallTimeoutMs` without a byte. Time spent waiting for the disk does not count.
 */
export class StallGuard {
  readonly #settings: DownloadSettings;
  readonly #parent: AbortSignal;
  readonly #controller = new AbortController();
  readonly #over = new AbortController();
  readonly #onParentAbort = (): void => this.#controller.abort(this.#parent.reason);
  #waitingSince: number | undefined;

  /** Starts waiting at once. */
  constructor(settings: DownloadSettings, parent: AbortSignal) {
    this.#settings = settings;
    this.#parent = parent;
    if (parent.aborted) this.#onParentAbort();
    else parent.addEventListener('abort', this.#onParentAbort, { once: true });
    this.waiting();
    void this.#watch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on the network is waited for. */
  waiting(): void {
    this.#waitingSince = this.#settings.clock();
  }

  /** From now on it is not. */
  resting(): void {
    this.#waitingSince = undefined;
  }

  /** The try is over: closes its connection if it is still open. */
  end(): void {
    this.#parent.removeEventListener('abort', this.#onParentAbort);
    this.#over.abort();
    this.#controller.abort();
  }

  async #watch(): Promise<void> {
    const { clock, sleep, stallTimeoutMs } = this.#settings;
    while (!this.#over.signal.aborted) {
      const waitedMs = this.#waitingSince === undefined ? 0 : clock() - this.#waitingSince;
      if (waitedMs >= stallTimeoutMs) {
        this.#controller.abort(new TryFailure('network', `no byte came for ${stallTimeoutMs} ms`));
        return;
      }
      // A sleep that was ended early is looked at by the condition of the loop
      await sleep(stallTimeoutMs - waitedMs, this.#over.signal).catch(() => {});
    }
  }
}
