import { setMaxListeners } from 'node:events';
import type { Stage } from '../serving-events.js';

/** What is to become one row of a batch. */
export interface BatchItem {
  /**
   * Writes pixels, or a tensor, into its row of a slot; called at most once. The row must not be written to after the
   * promise has settled, and the slot is kept until then, also where the item was cancelled. What it rejects with, the
   * item is rejected with, alone.
   * @param target the bytes of the row, all to be written
   */
  write(target: Uint8Array): Promise<void>;
  /** Aborting rejects the item at once with the signal's reason, and keeps it out of runs that have not begun. */
  readonly signal?: AbortSignal | undefined;
}

/** A stage that an item went through in the batcher; times by its clock, in ms. */
export interface BatchSpan {
  readonly stage: Extract<Stage, 'batch' | 'preprocess' | 'inference'>;
  readonly startMs: number;
  readonly durationMs: number;
}

/** What came of one item. */
export interface BatchedResult {
  /** The model's output, one number per class. */
  readonly scores: Float32Array;
  /**
   * In order and without gaps: `batch` until its batch was closed, `preprocess` until all of that was written,
   * `inference` until its scores were there.
   */
  readonly spans: readonly BatchSpan[];
}

/** One item on its way through a batcher. Settles once; whatever comes after that has no effect. */
export class PendingItem {
  readonly item: BatchItem;
  readonly submittedAtMs: number;
  readonly result: Promise<BatchedResult>;
  #settled = false;
  #resolve: (result: BatchedResult) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #onAbort: (() => void) | undefined;

  /** @param onCancelled called after the item was rejected because its signal aborted */
  constructor(item: BatchItem, submittedAtMs: number, onCancelled: (pending: PendingItem) => void) {
    this.item = item;
    this.submittedAtMs = submittedAtMs;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const { signal } = item;
    if (signal === undefined) return;
    if (signal.aborted) {
      this.reject(signal.reason);
      return;
    }
    this.#onAbort = () => {
      this.reject(signal.reason);
      onCancelled(this);
    };
    // All items of a request listen to the same signal; from the eleventh on, Node would take that for a leak.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** It has its result or its error, and nothing need be done for it any more. */
  get settled(): boolean {
    return this.#settled;
  }

  resolve(result: BatchedResult): void {
    this.#settle();
    this.#resolve(result);
  }

  reject(error: unknown): void {
    this.#settle();
    this.#reject(error);
  }

  #settle(): void {
    this.#settled = true;
    if (this.#onAbort !== undefined) this.item.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
  }
}
