import { FairSemaphore } from './fair-semaphore.js';

/** 1 GiB: two pictures of the most pixels that are decoded by default (`defaultMaxPixels`). */
export const defaultDecodedBytes = 1024 ** 3;

/** Memory that is given out before it is used: first come first served, and to one that needs more than all, alone. */
export class ByteBudget {
  readonly capacityBytes: number;
  readonly #semaphore: FairSemaphore;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
    this.#semaphore = new FairSemaphore(capacityBytes);
  }

  /** Given out and not yet given back; above the capacity only for one alone. */
  get usedBytes(): number {
    return this.#semaphore.used;
  }

  /** How many stand in line. */
  get waiting(): number {
    return this.#semaphore.waiting;
  }

  /**
   * Resolves once the bytes are there.
   * @returns gives them back; idempotent
   * @throws the signal's reason, at once, also while in line
   */
  take(bytes: number, signal?: AbortSignal): Promise<() => void> {
    return this.#semaphore.take(bytes, signal);
  }
}
