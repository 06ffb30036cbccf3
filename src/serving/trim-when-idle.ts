import { trimMemory } from '../native/trim-memory.js';
import type { Clock } from './clock.js';
import type { ManagedServing } from './managed-serving.js';

/** How long nothing must have been asked for, ms. */
const quietMs = 2000;

/**
 * Gives memory back once no serving has had an image for two seconds. glibc keeps, for each of many threads, what the
 * largest pictures once took (seen: 425 of 470 MB were free, on two processors), and takes none of it back while there
 * is load, where that would cost each picture a fifth more time.
 */
export class TrimWhenIdle {
  readonly #servings: readonly ManagedServing[];
  readonly #clock: Clock;
  readonly #trim: () => Promise<void>;
  #cancel = (): void => {};

  constructor(servings: readonly ManagedServing[], clock: Clock, trim = trimMemory) {
    this.#servings = servings;
    this.#clock = clock;
    this.#trim = trim;
  }

  /** To be told when a serving has answered all that it had. */
  onIdle(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(quietMs, () => {
      if (this.#servings.every(({ inFlight }) => inFlight === 0)) void this.#trim();
    });
  }

  /** For good, once no serving tells anything any more. */
  stop(): void {
    this.#cancel();
  }
}
