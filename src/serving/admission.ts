import { HornetError } from '../errors/hornet-error.js';

/** Images that were admitted; they count against the queue until released. */
export interface Reservation {
  /** Idempotent. */
  release(): void;
}

/** Counts the images that are in a serving, from admission to answer. */
export class Admission {
  readonly #serving: string;
  readonly #maxQueue: number;
  #inFlight = 0;
  #onIdle: (() => void) | undefined;

  /** @param serving its name, for the message of a refusal */
  constructor(serving: string, maxQueue: number) {
    this.#serving = serving;
    this.#maxQueue = maxQueue;
  }

  /** @throws ERR_QUEUE_FULL */
  reserve(count: number): Reservation {
    if (this.#inFlight + count > this.#maxQueue) {
      throw new HornetError(
        'ERR_QUEUE_FULL',
        `Serving "${this.#serving}" already holds ${this.#inFlight} of ${this.#maxQueue} images.`,
      );
    }
    this.#inFlight += count;
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        this.#inFlight -= count;
        if (this.#inFlight === 0) this.#onIdle?.();
      },
    };
  }

  /** Resolves when nothing is in it. Nothing may be admitted any more, and it is called once. */
  async idle(): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }
}
