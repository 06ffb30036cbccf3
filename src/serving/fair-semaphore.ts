interface Waiter {
  readonly amount: number;
  grant(): void;
}

/**
 * A weighted semaphore: first come first served, so that small takers cannot starve a large one. Who asks for more
 * than the capacity waits until it is alone.
 */
export class FairSemaphore {
  readonly #line = new Set<Waiter>();
  #capacity: number;
  #used = 0;

  /** @param capacity at least 0; with 0, takers go one by one */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What is taken; above the capacity where one taker needs more. */
  get used(): number {
    return this.#used;
  }

  /** Takers in line. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * @param amount finite, at least 0
   * @returns gives it back; idempotent
   * @throws the signal's reason, at once, also while in line
   */
  take(amount: number, signal?: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const leave = (): void => {
        this.#line.delete(waiter);
        reject(signal?.reason);
        // Whoever stood behind may fit where this one did not.
        this.#serve();
      };
      const waiter: Waiter = {
        amount,
        grant: () => {
          signal?.removeEventListener('abort', leave);
          resolve(this.#giveBackOnce(amount));
        },
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#line.add(waiter);
      this.#serve();
    });
  }

  #giveBackOnce(amount: number): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#used -= amount;
      this.#serve();
    };
  }

  #serve(): void {
    for (const waiter of this.#line) {
      if (this.#used > 0 && this.#used + waiter.amount > this.#capacity) return;
      this.#line.delete(waiter);
      this.#used += waiter.amount;
      waiter.grant();
    }
  }
}
