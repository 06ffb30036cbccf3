/** Something to do as soon as there is room for it. */
export interface QueuedWork {
  /** While this says so it is left where it is; it is asked again by {@link RequestQueue.look}. */
  isHeld(): boolean;
  /** @returns null when it is done, whatever came of it; or after how many ms it is to be run again */
  run(signal: AbortSignal): Promise<number | null>;
}

interface Entry {
  readonly work: QueuedWork;
  readonly controller: AbortController;
  readonly place: number;
  notBeforeMs: number;
}

/** Runs work in its order, a few pieces at once. What is to be run again keeps its place. */
export class RequestQueue {
  readonly #maxInFlight: number;
  readonly #waiting: Entry[] = [];
  #inFlight = 0;
  #added = 0;

  constructor({ maxInFlight }: { readonly maxInFlight: number }) {
    this.#maxInFlight = maxInFlight;
  }

  /** Work that runs just now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Work that is not done, running or not. */
  get size(): number {
    return this.#waiting.length + this.#inFlight;
  }

  /** The returned function cancels it, also while it runs. */
  add(work: QueuedWork): () => void {
    const controller = new AbortController();
    this.#waiting.push({ work, controller, place: this.#added++, notBeforeMs: 0 });
    this.look();
    return () => {
      controller.abort();
      const index = this.#waiting.findIndex((entry) => entry.controller === controller);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** Runs what may run; to be called when something is held no longer. */
  look(): void {
    const now = Date.now();
    for (const entry of [...this.#waiting]) {
      if (this.#inFlight >= this.#maxInFlight) return;
      if (entry.notBeforeMs > now || entry.work.isHeld()) continue;
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      void this.#run(entry);
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { work, controller } = entry;
    this.#inFlight++;
    let againMs: number | null = null;
    try {
      againMs = await work.run(controller.signal);
    } finally {
      this.#inFlight--;
      if (againMs !== null && !controller.signal.aborted) {
        entry.notBeforeMs = Date.now() + againMs;
        this.#waiting.push(entry);
        this.#waiting.sort((one, other) => one.place - other.place);
        // Timers may fire a little early.
        setTimeout(() => this.look(), againMs + 2);
      }
      this.look();
    }
  }
}
