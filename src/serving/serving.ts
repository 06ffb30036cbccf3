import { availableParallelism } from 'node:os';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Backend } from '../backend/backend.js';
import { HornetError, toHornetError } from '../errors/hornet-error.js';
import { decodeImage } from '../image/decode-image.js';
import type { ImageProcessor } from '../image/image-processor.js';
import { planPreprocessing, targetEdgeOf } from '../image/preprocess-plan.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { abortable } from './abortable.js';
import { Admission, type Reservation } from './admission.js';
import { Batcher } from './batcher.js';
import { type ClassifyOptions, checkArguments } from './classify-options.js';
import { type LoadedModel, loadModel } from './load-model.js';
import type { ServingOptions } from './serving-options.js';
import type { ServingStateName, ServingStatus } from './serving-state.js';
import { type LabelScore, topLabels } from './top-labels.js';

/** One classified image with the time that each stage took, in ms. */
export interface Classification {
  readonly labels: LabelScore[];
  readonly timings: Readonly<Record<'decode' | 'preprocess' | 'queue' | 'inference', number>>;
}

interface Loaded extends LoadedModel {
  readonly batcher: Batcher;
  /** The model's processor, without what the backend does itself. */
  readonly processor: ImageProcessor;
}

/** A named, running model: decodes, preprocesses, batches, runs, ranks. */
export class Serving {
  readonly name: string;
  readonly #options: ServingOptions;
  readonly #log: Logger;
  readonly #admission: Admission;
  readonly #decodeLimit: LimitFunction;
  #state: ServingStateName = 'pending';
  #since = new Date();
  #error: HornetError | null = null;
  #loading: Promise<Loaded> | undefined;
  /** The one that was loaded last; it may have failed since. */
  #backend: Backend | undefined;
  #percent: number | null = null;
  #message: string | null = null;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(options: ServingOptions) {
    this.name = options.reference.name;
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#admission = new Admission(this.name, options.maxQueue);
    this.#decodeLimit = pLimit(decodersFor(2, options.maxBatch));
  }

  /**
   * Fetches the model if need be, reads it, builds its engine where it is to run on a GPU, loads and warms the backend.
   * Does nothing where that is done or going on; tries again where it failed.
   * @throws any ERR_HUB_*, ERR_CACHE_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*, ERR_GPU_*,
   *   ERR_TENSORRT_*; ERR_SERVING_CLOSED
   */
  async load(): Promise<void> {
    this.#closing.signal.throwIfAborted();
    await this.#loadOnce();
  }

  get status(): ServingStatus {
    const error = this.#error;
    const backend = this.#state === 'ready' || this.#state === 'draining' ? this.#backend : undefined;
    const lost = this.#state === 'ready' && backend?.kind === 'tensorrt' && backend.devices.length === 0;
    return {
      name: this.name,
      model: this.#options.reference.text,
      // Images are held until a GPU is back, as they are while it loads for the first time.
      state: lost ? 'loading' : this.#state,
      since: this.#since.toISOString(),
      percent: this.#percent,
      message: lost ? 'the GPU was lost; its engine is loaded again' : this.#message,
      backend: backend?.kind ?? null,
      devices: backend?.devices ?? [],
      error: error === null ? null : { code: error.code, message: error.message, remedy: error.remedy },
    };
  }

  /**
   * Admits `count` images before they are there, so that a full serving can refuse before a body is read.
   * @throws ERR_QUEUE_FULL, ERR_SERVING_CLOSED, or the error that made the serving fail
   */
  reserve(count: number): Reservation {
    if ((this.#state === 'failed' || this.#state === 'no-gpu') && this.#error !== null) throw this.#error;
    if (this.#state === 'draining' || this.#state === 'unloaded') {
      throw new HornetError('ERR_SERVING_CLOSED', `Serving "${this.name}" is shutting down.`);
    }
    return this.#admission.reserve(count);
  }

  /**
   * Classifies one encoded image (JPEG, PNG, WebP, GIF, TIFF).
   * @param image the bytes of the file
   * @param reservation of an earlier {@link reserve}; without it the image is admitted here and now
   * @throws ERR_PARAMETER_INVALID, ERR_IMAGE_*, ERR_QUEUE_FULL, ERR_SERVING_CLOSED, ERR_BACKEND_*, or the signal's reason
   */
  async classify(image: Uint8Array, options: ClassifyOptions = {}, reservation?: Reservation): Promise<Classification> {
    checkArguments(image, options);
    const place = reservation ?? this.reserve(1);
    try {
      const { signal } = options;
      const loaded = await abortable(this.#loadOnce(), signal);
      return await abortable(
        this.#decodeLimit(() => this.#classify(loaded, image, options)),
        signal,
      );
    } finally {
      if (reservation === undefined) place.release();
    }
  }

  /** Takes no new images, waits for those admitted, frees the backend. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#enter('draining');
    this.#closing.abort(new HornetError('ERR_SERVING_CLOSED', `Serving "${this.name}" was closed.`));
    await this.#admission.idle();
    await this.#loading?.catch(() => undefined);
    await this.#backend?.close();
    this.#enter('unloaded');
  }

  /** Images that were admitted before close() are still classified, so a loaded serving stays one. */
  #loadOnce(): Promise<Loaded> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Loaded> {
    this.#error = null;
    const { signal } = this.#closing;
    let ready = false;
    try {
      const loaded = await loadModel(this.#options, {
        log: this.#log,
        signal,
        enter: (state) => signal.aborted || this.#enter(state),
        progress: (percent, message) => {
          this.#percent = percent;
          this.#message = message;
        },
        // Until it is ready, loading itself fails.
        onFailed: (error) => ready && this.#lose(error),
      });
      const { model, backend } = loaded;
      if (signal.aborted) await backend.close();
      signal.throwIfAborted();
      this.#decodeLimit.concurrency = decodersFor(backend.slotCount, backend.maxBatch);
      this.#backend = backend;
      ready = true;
      this.#enter('ready');
      this.#message = loaded.note;
      this.#logReady(backend);
      const { processor } = model;
      return {
        ...loaded,
        batcher: new Batcher(backend),
        processor: backend.slotFormat.flipsChannels ? { ...processor, flipChannels: false } : processor,
      };
    } catch (error) {
      const failure = toHornetError(error);
      this.#fail(failure);
      throw failure;
    }
  }

  /** The next load() tries again. A serving that is being closed has not failed. */
  #fail(error: HornetError): void {
    if (this.#closing.signal.aborted) return;
    this.#loading = undefined;
    this.#error = error;
    this.#enter(error.code === 'ERR_GPU_MISSING' ? 'no-gpu' : 'failed');
  }

  /** A backend that has failed for good is of no use any more, and what it holds may be what the next one needs. */
  #lose(error: HornetError): void {
    const fields = { event: 'serving.failed', serving: this.name, code: error.code, err: error };
    this.#log.error(fields, `Serving ${this.name} failed: ${error.message} ${error.remedy}`);
    this.#fail(error);
    void this.#backend?.close();
  }

  #logReady({ kind, devices }: Backend): void {
    const where = devices.map(({ index, name, library }) => `GPU ${index} (${name}, ${library})`).join(', ');
    this.#log.info(
      { event: 'serving.backend', serving: this.name, backend: kind, devices },
      `Serving ${this.name} runs on ${kind === 'onnxruntime' ? 'the CPU' : where}`,
    );
  }

  async #classify(loaded: Loaded, bytes: Uint8Array, options: ClassifyOptions): Promise<Classification> {
    const { model, backend, processor, batcher } = loaded;
    const { signal } = options;
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const image = await decodeImage(bytes, {
      maxBytes: this.#options.maxBytes,
      maxPixels: this.#options.maxPixels,
      mode: this.#options.decode,
      targetEdge: targetEdgeOf(processor),
      signal,
    });
    const decodedAt = performance.now();
    const plan = planPreprocessing(processor, image, backend.slotFormat);
    const result = await batcher.submit(image, plan, signal);
    if (!result.scores.every(Number.isFinite)) {
      throw new HornetError('ERR_BACKEND_RUN_FAILED', 'The model gave scores that are not numbers for this picture.');
    }
    const functionToApply = options.functionToApply ?? model.functionToApply;
    return {
      labels: topLabels(result.scores, model.labels, functionToApply, options.topK ?? this.#options.topK),
      timings: {
        decode: decodedAt - startedAt,
        preprocess: result.preprocessMs,
        queue: result.queueMs,
        inference: result.inferenceMs,
      },
    };
  }

  #enter(state: ServingStateName): void {
    const previous = { state: this.#state, durationMs: Date.now() - this.#since.getTime() };
    if (state === previous.state) return;
    this.#state = state;
    this.#since = new Date();
    this.#percent = null;
    this.#message = null;
    this.#log.info({ event: 'serving.state', serving: this.name, state, previous }, `Serving ${this.name} is ${state}`);
  }
}

/** Enough to fill the next batches while the others run and every core decodes; decoded pictures never pile up. */
function decodersFor(slots: number, maxBatch: number): number {
  return slots * maxBatch + availableParallelism();
}
