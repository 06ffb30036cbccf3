import { availableParallelism } from 'node:os';
import type { Backend } from '../backend/backend.js';
import { HornetError, toHornetError } from '../errors/hornet-error.js';
import type { ImageProcessor } from '../image/image-processor.js';
import { preprocess } from '../image/preprocess.js';
import { planPreprocessing } from '../image/preprocess-plan.js';
import type { ClassifierModel } from '../model/classifier-model.js';
import { trimMemory } from '../native/trim-memory.js';
import { Batcher } from './batching/batcher.js';
import type { ClassifyOptions } from './classify-options.js';
import { type ClientTensor, checkTensor } from './client-tensor.js';
import { ImageStage, type StageSpan } from './image-stage.js';
import type { LoadedModel } from './load-model.js';
import { type ModelSignature, signatureOf } from './model-signature.js';
import type { Lease } from './resident-memory.js';
import type { ServingEvents, Span, Stage } from './serving-events.js';
import type { ServingOptions } from './serving-options.js';
import type { SharedResources } from './shared-resources.js';
import { activate, type LabelScore, topLabels } from './top-labels.js';

/** One classified image with the time that each stage took, in ms. */
export interface Classification {
  readonly labels: LabelScore[];
  readonly timings: Readonly<Record<Stage, number>>;
}

/** The scores of one picture with the time that each stage took, in ms. */
export interface ScoredImage {
  /** One for each class, in the order of the model; they need not be finite. */
  readonly scores: Float32Array;
  readonly timings: Readonly<Record<Stage, number>>;
}

/** What {@link ModelInstance.score} and {@link ModelInstance.scoreRow} are told. */
export type ScoreOptions = Pick<ClassifyOptions, 'functionToApply' | 'signal'>;

/** What a {@link ModelInstance} is made of. */
export interface ModelInstanceParts {
  /** Name of the serving that it is of. */
  readonly serving: string;
  readonly loaded: LoadedModel;
  readonly options: ServingOptions;
  readonly resources: SharedResources;
  readonly events: ServingEvents;
  /** Given back when it is closed. */
  readonly lease: Lease;
}

/** A loaded model with its stages: decodes, preprocesses, batches, runs, ranks. A serving may have two for a while. */
export class ModelInstance {
  readonly options: ServingOptions;
  readonly backend: Backend;
  /** Of the memory that it is in. */
  readonly lease: Lease;
  /** What is worth knowing although all is well. */
  readonly note: string | null;
  /** What it takes and gives. */
  readonly signature: ModelSignature;
  readonly #model: ClassifierModel;
  /** The model's processor, without what the backend does itself. */
  readonly #processor: ImageProcessor;
  readonly #images: ImageStage;
  readonly #batcher: Batcher;
  readonly #parts: ModelInstanceParts;
  #inside = 0;
  #onEmpty: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: ModelInstanceParts) {
    const { serving, loaded, options, resources, events } = parts;
    const { model, backend } = loaded;
    const { clock, shares, decodeTurns, decodedBytes } = resources;
    this.#parts = parts;
    this.options = options;
    this.backend = backend;
    this.lease = parts.lease;
    this.note = loaded.note;
    this.#model = model;
    this.signature = signatureOf(model, backend, options.maxDelayMs);
    const { processor } = model;
    this.#processor = backend.slotFormat.flipsChannels ? { ...processor, flipChannels: false } : processor;
    this.#images = new ImageStage({
      budget: decodedBytes,
      turns: decodeTurns,
      clock,
      // Enough to fill the next batches while the others run and every core decodes; decoded pictures never pile up.
      decoders: backend.slotCount * backend.maxBatch + availableParallelism(),
      maxBytes: options.maxBytes,
      maxPixels: options.maxPixels,
      mode: options.decode,
    });
    this.#batcher = new Batcher({
      backend,
      serving,
      clock,
      shares,
      maxDelayMs: options.maxDelayMs,
      onBatch: (report) => events.emit('batch', report),
    });
  }

  /** Nothing may be put in any more. */
  get closing(): boolean {
    return this.#closing !== undefined;
  }

  /** Images that the backend is running just now. */
  get running(): number {
    return this.#batcher.running;
  }

  /**
   * Classifies one image; it counts as inside from the call on.
   * @throws ERR_IMAGE_*, ERR_BACKEND_*, ERR_GPU_LOST, or the signal's reason
   */
  classify(bytes: Uint8Array, options: ClassifyOptions): Promise<Classification> {
    return this.#through(async (spans) => {
      const scores = await this.#scoresOf(bytes, options.signal, spans);
      return await this.#recorded(spans, 'postprocess', async () => ({ labels: this.#rank(scores, options) }));
    });
  }

  /**
   * As {@link classify}, but gives the scores of all classes, as the model gives them unless told otherwise.
   * @throws as {@link classify}
   */
  score(bytes: Uint8Array, options: ScoreOptions): Promise<ScoredImage> {
    return this.#through(async (spans) =>
      this.#applied(await this.#scoresOf(bytes, options.signal, spans), options, spans),
    );
  }

  /**
   * Scores one picture of a tensor that a caller has made. Nothing is decoded: its bytes are copied into the batch.
   * @param row which one
   * @throws ERR_PARAMETER_INVALID where the model takes other tensors, ERR_BACKEND_*, ERR_GPU_LOST, or the signal's reason
   */
  scoreRow(tensor: ClientTensor, row: number, options: ScoreOptions): Promise<ScoredImage> {
    return this.#through(async (spans) => {
      const { signal } = options;
      signal?.throwIfAborted();
      // What answers now may be another one than when the tensor was looked at first.
      checkTensor(tensor, this.signature);
      const write = async (target: Uint8Array): Promise<void> => {
        target.set(tensor.bytes.subarray(row * target.length, (row + 1) * target.length));
      };
      const { scores } = await this.#recorded(spans, 'inference', () => this.#batcher.submit({ write, signal }));
      return await this.#applied(scores, options, spans);
    });
  }

  /** Waits until nothing is inside, then frees everything. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      if (this.#inside > 0) {
        await new Promise<void>((resolve) => {
          this.#onEmpty = resolve;
        });
      }
      try {
        await this.backend.close();
        await trimMemory();
      } finally {
        this.lease.release();
      }
    })();
    return this.#closing;
  }

  /** Counts an image as inside while it is worked on, and tells its stages. */
  async #through<T extends object>(
    work: (spans: Span[]) => Promise<T>,
  ): Promise<T & { readonly timings: Classification['timings'] }> {
    this.#inside++;
    const spans: Span[] = [];
    try {
      return { ...(await work(spans)), timings: timingsOf(spans) };
    } finally {
      this.#inside--;
      for (const span of spans) this.#parts.events.emit('span', span);
      if (this.#inside === 0) this.#onEmpty?.();
    }
  }

  async #scoresOf(bytes: Uint8Array, signal: AbortSignal | undefined, spans: Span[]): Promise<Float32Array> {
    signal?.throwIfAborted();
    const picture = await this.#recorded(spans, 'decode', () => this.#images.decode(bytes, this.#processor, signal));
    let writing: Promise<void> | undefined;
    try {
      const { image } = picture;
      const plan = planPreprocessing(this.#processor, image, this.backend.slotFormat);
      const write = (row: Uint8Array): Promise<void> => {
        // The pixels are in the batch then, and the next picture may be decoded.
        writing = preprocess(image, plan, row).finally(picture.release);
        return writing;
      };
      return (await this.#recorded(spans, 'inference', () => this.#batcher.submit({ write, signal }))).scores;
    } finally {
      // One that is cancelled may be being written still.
      if (writing === undefined) picture.release();
    }
  }

  #applied(
    scores: Float32Array,
    { functionToApply = 'none' }: ScoreOptions,
    spans: Span[],
  ): Promise<Pick<ScoredImage, 'scores'>> {
    return this.#recorded(spans, 'postprocess', async () => ({
      scores: functionToApply === 'none' ? scores : Float32Array.from(activate(scores, functionToApply)),
    }));
  }

  #rank(scores: Float32Array, { functionToApply, topK }: ClassifyOptions): LabelScore[] {
    if (!scores.every(Number.isFinite)) {
      throw new HornetError('ERR_BACKEND_RUN_FAILED', 'The model gave scores that are not numbers for this picture.');
    }
    const { labels, functionToApply: ofModel } = this.#model;
    return topLabels(scores, labels, functionToApply ?? ofModel, topK ?? this.options.topK);
  }

  /** Notes the spans that the work reports, or its own where it reports none; a failure counts for `stage`. */
  async #recorded<T extends object>(
    spans: Span[],
    stage: Stage,
    work: () => Promise<T & { readonly spans?: readonly StageSpan[] }>,
  ): Promise<T> {
    const { serving, resources } = this.#parts;
    const startMs = resources.clock.now();
    const whole = (): StageSpan => ({ stage, startMs, durationMs: resources.clock.now() - startMs });
    try {
      const result = await work();
      for (const time of result.spans ?? [whole()]) spans.push({ serving, ...time, errorCode: null });
      return result;
    } catch (error) {
      spans.push({ serving, ...whole(), errorCode: toHornetError(error).code });
      throw error;
    }
  }
}

function timingsOf(spans: readonly Span[]): Record<Stage, number> {
  const timings = { queue: 0, decode: 0, preprocess: 0, batch: 0, inference: 0, postprocess: 0 };
  for (const { stage, durationMs } of spans) timings[stage] += durationMs;
  return timings;
}
