import type { Backend, BatchSlot } from '../backend/backend.js';
import { preprocess } from '../image/preprocess.js';
import type { RgbImage } from '../image/rgb-image.js';
import type { NativePreprocessPlan } from '../native/addon-types.js';

/** What the batcher did with one picture, times in ms. */
export interface BatchResult {
  /** The model's output, one number per class. */
  readonly scores: Float32Array;
  readonly queueMs: number;
  readonly preprocessMs: number;
  readonly inferenceMs: number;
}

interface Item {
  readonly image: RgbImage;
  readonly plan: NativePreprocessPlan;
  readonly signal: AbortSignal | undefined;
  readonly submittedAt: number;
  readonly resolve: (result: BatchResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Collects pictures into batches: as soon as the backend has a free slot, whatever waits goes into it,
 * up to its capacity. A picture whose signal aborts before its batch is closed is left out.
 */
export class Batcher {
  readonly #backend: Backend;
  readonly #queue: Item[] = [];
  #collecting = false;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** @throws the signal's reason, or what the backend threw for the batch */
  submit(image: RgbImage, plan: NativePreprocessPlan, signal?: AbortSignal): Promise<BatchResult> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ image, plan, signal, submittedAt: performance.now(), resolve, reject });
      if (!this.#collecting) void this.#collect();
    });
  }

  async #collect(): Promise<void> {
    this.#collecting = true;
    while (this.#queue.length > 0) {
      try {
        const slot = await this.#backend.acquire();
        const batch = this.#take(slot.capacity);
        // Not awaited: the next slot is filled while this one runs.
        if (batch.length > 0) void this.#run(slot, batch);
        else slot.release();
      } catch (error) {
        for (const item of this.#queue.splice(0)) item.reject(error);
      }
    }
    this.#collecting = false;
  }

  #take(capacity: number): Item[] {
    const batch: Item[] = [];
    while (batch.length < capacity) {
      const item = this.#queue.shift();
      if (item === undefined) break;
      if (item.signal?.aborted === true) item.reject(item.signal.reason);
      else batch.push(item);
    }
    return batch;
  }

  async #run(slot: BatchSlot, batch: readonly Item[]): Promise<void> {
    try {
      const closedAt = performance.now();
      // All of them settle before the slot can be released, so nothing writes into it later; a picture that fails
      // fails alone, and its row of the batch is not looked at.
      const outcomes = await Promise.allSettled(
        batch.map(({ image, plan }, index) =>
          preprocess(image, plan, slot.bytes.subarray(index * slot.imageBytes, (index + 1) * slot.imageBytes)),
        ),
      );
      outcomes.forEach((outcome, index) => {
        if (outcome.status === 'rejected') batch[index]?.reject(outcome.reason);
      });
      const preparedAt = performance.now();
      const scores = await slot.run(batch.length);
      const doneAt = performance.now();
      const classes = this.#backend.classes;
      batch.forEach((item, index) => {
        item.resolve({
          scores: scores.subarray(index * classes, (index + 1) * classes),
          queueMs: closedAt - item.submittedAt,
          preprocessMs: preparedAt - closedAt,
          inferenceMs: doneAt - preparedAt,
        });
      });
    } catch (error) {
      for (const item of batch) item.reject(error);
    } finally {
      slot.release();
    }
  }
}
