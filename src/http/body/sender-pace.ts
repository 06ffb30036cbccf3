import { HornetError } from '../../errors/hornet-error.js';
import type { Clock } from '../../serving/clock.js';

/** On average a sender has to be at least so fast, once the first idle period is over. */
const minBytesPerSecond = 1024;

/** How a {@link SenderPace} is made. */
export interface SenderPaceOptions {
  readonly clock: Clock;
  /** Longest time without a byte. */
  readonly idleMs: number;
  /** True where bytes are not taken just now: the sender cannot be blamed for that. */
  readonly isHeldUp: () => boolean;
  /** Called once, with ERR_REQUEST_TIMEOUT. */
  readonly onTooSlow: (error: HornetError) => void;
}

/** Watches over how fast a body comes, with one timer that is set anew only when it has fired. */
export class SenderPace {
  readonly #options: SenderPaceOptions;
  #startMs: number;
  #bytes = 0;
  #lastByteAtMs: number;
  #cancel: () => void;

  constructor(options: SenderPaceOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
    this.#lastByteAtMs = this.#startMs;
    this.#cancel = options.clock.after(options.idleMs, () => this.#look());
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    this.#lastByteAtMs = this.#options.clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const { clock, idleMs, isHeldUp, onTooSlow } = this.#options;
    const nowMs = clock.now();
    if (isHeldUp()) {
      this.#startMs += nowMs - this.#lastByteAtMs;
      this.#lastByteAtMs = nowMs;
    } else {
      const problem = this.#problem(nowMs);
      if (problem !== undefined) {
        onTooSlow(new HornetError('ERR_REQUEST_TIMEOUT', problem, { details: { receivedBytes: this.#bytes } }));
        return;
      }
    }
    this.#cancel = clock.after(this.#lastByteAtMs + idleMs - nowMs, () => this.#look());
  }

  #problem(nowMs: number): string | undefined {
    const { idleMs } = this.#options;
    if (nowMs - this.#lastByteAtMs >= idleMs) return `No byte of the body has come for ${idleMs} ms.`;
    if (this.#bytes < ((nowMs - this.#startMs) / 1000) * minBytesPerSecond) {
      return `The body comes at less than ${minBytesPerSecond} bytes per second.`;
    }
    return undefined;
  }
}
