import { HornetError } from '../../errors/hornet-error.js';
import type { Clock } from '../../serving/clock.js';

/** On average a sender has to be at least so fast, once the first idle period is over. */
const minBytesPerSecond = 1024;
/** A timer that is later than this tells that the process stood still: suspended, stopped, or out of processor time. */
const mostLateMs = 100;

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
  #dueMs = 0;
  #cancel = (): void => {};

  constructor(options: SenderPaceOptions) {
    this.#options = options;
    this.#startMs = options.clock.now();
    this.#lastByteAtMs = this.#startMs;
    this.#lookAfter(options.idleMs);
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    this.#lastByteAtMs = this.#options.clock.now();
  }

  stop(): void {
    this.#cancel();
  }

  #lookAfter(delayMs: number): void {
    const { clock } = this.#options;
    this.#dueMs = clock.now() + delayMs;
    this.#cancel = clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    const { clock, idleMs, isHeldUp, onTooSlow } = this.#options;
    const nowMs = clock.now();
    const lateMs = nowMs - this.#dueMs;
    if (lateMs > mostLateMs) {
      // It is not the sender's fault, and what has come meanwhile is read before the next timer fires.
      this.#startMs += lateMs;
      this.#lastByteAtMs += lateMs;
      this.#lookAfter(1);
      return;
    }
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
    this.#lookAfter(this.#lastByteAtMs + idleMs - nowMs);
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
