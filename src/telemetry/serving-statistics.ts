import { HornetError } from '../errors/hornet-error.js';
import type { BatchReport, ImageOutcome, RequestOutcome, ServingEvents } from '../serving/serving-events.js';

/** How often something happened, and how long it took in all, ms. Both only ever grow. */
export interface Duration {
  readonly count: number;
  readonly ms: number;
}

/** Batches of one size. */
export interface BatchStatistics {
  /** Images per batch. */
  readonly size: number;
  /** Until all of its pixels were in place. */
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  /** Scores are read where the run has left them: this takes no time that could be told. */
  readonly computeOutput: Duration;
}

/** What a serving has done since the start of the process, through all loading and replacing. */
export interface ServingStatisticsReport {
  /** When a batch last ended well, ms since the epoch; 0: never. */
  readonly lastInferenceMs: number;
  /** Images that were answered. */
  readonly inferenceCount: number;
  /** Batches that ended well. */
  readonly executionCount: number;
  /** Requests that were answered, whatever number of images they had. */
  readonly success: Duration;
  /** Requests that were not; refused ones take no time. */
  readonly fail: Duration;
  /** Of images that were answered: waits for a decoder, and for a place in a batch. */
  readonly queue: Duration;
  /** Of those: decoding, and preprocessing. */
  readonly computeInput: Duration;
  /** Of those: wait for the device, and the run. */
  readonly computeInfer: Duration;
  /** Of those: from scores to labels. */
  readonly computeOutput: Duration;
  /** By size, ascending. */
  readonly batches: readonly BatchStatistics[];
}

/** A serving as its statistics see it. */
export interface CountedServing {
  readonly name: string;
  readonly events: ServingEvents;
}

/**
 * Sums up what servings tell by their events, in the terms of the statistics extension of the Open Inference Protocol.
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 */
export class ServingStatistics {
  readonly #sums = new Map<string, Sums>();
  readonly #unsubscribe: (() => void)[] = [];

  /** @param nowMs ms since the epoch, for tests */
  constructor(servings: readonly CountedServing[], nowMs: () => number = Date.now) {
    for (const { name, events } of servings) {
      const sums = new Sums(nowMs);
      this.#sums.set(name, sums);
      const { onImage, onRequest, onBatch } = sums;
      events.on('image', onImage).on('request', onRequest).on('batch', onBatch);
      this.#unsubscribe.push(() => events.off('image', onImage).off('request', onRequest).off('batch', onBatch));
    }
  }

  /** @throws ERR_SERVING_NOT_FOUND */
  report(name: string): ServingStatisticsReport {
    const sums = this.#sums.get(name);
    if (sums === undefined) throw new HornetError('ERR_SERVING_NOT_FOUND', `There is no serving "${name}".`);
    return sums.report();
  }

  /** Listens to the servings no more; what was summed up stays. Idempotent. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }
}

/** A {@link Duration} that grows. */
class Sum {
  #count = 0;
  #ms = 0;

  add(ms: number): void {
    this.#count++;
    this.#ms += ms;
  }

  get value(): Duration {
    return { count: this.#count, ms: this.#ms };
  }
}

/** Of one serving. */
class Sums {
  readonly #nowMs: () => number;
  #lastInferenceMs = 0;
  readonly #success = new Sum();
  readonly #fail = new Sum();
  readonly #queue = new Sum();
  readonly #input = new Sum();
  readonly #infer = new Sum();
  readonly #output = new Sum();
  /** By size. */
  readonly #batches = new Map<number, { readonly input: Sum; readonly infer: Sum; readonly output: Sum }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** By what images took as a whole, not by their spans: one that fails later leaves nothing behind. */
  readonly onImage = ({ errorCode, timings }: ImageOutcome): void => {
    if (errorCode !== null || timings === null) return;
    this.#queue.add(timings.queue + timings.batch);
    this.#input.add(timings.decode + timings.preprocess);
    this.#infer.add(timings.inference);
    this.#output.add(timings.postprocess);
  };

  readonly onRequest = ({ durationMs, errorCode }: RequestOutcome): void => {
    (errorCode === null ? this.#success : this.#fail).add(durationMs);
  };

  readonly onBatch = ({ size, inputMs, durationMs, errorCode }: BatchReport): void => {
    if (errorCode !== null) return;
    this.#lastInferenceMs = this.#nowMs();
    let batch = this.#batches.get(size);
    if (batch === undefined) {
      batch = { input: new Sum(), infer: new Sum(), output: new Sum() };
      this.#batches.set(size, batch);
    }
    batch.input.add(inputMs);
    batch.infer.add(durationMs);
    batch.output.add(0);
  };

  report(): ServingStatisticsReport {
    const batches = [...this.#batches]
      .sort(([a], [b]) => a - b)
      .map(([size, { input, infer, output }]) => ({
        size,
        computeInput: input.value,
        computeInfer: infer.value,
        computeOutput: output.value,
      }));
    return {
      lastInferenceMs: this.#lastInferenceMs,
      inferenceCount: this.#queue.value.count,
      executionCount: batches.reduce((sum, { computeInfer }) => sum + computeInfer.count, 0),
      success: this.#success.value,
      fail: this.#fail.value,
      queue: this.#queue.value,
      computeInput: this.#input.value,
      computeInfer: this.#infer.value,
      computeOutput: this.#output.value,
      batches,
    };
  }
}
