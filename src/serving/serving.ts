import { availableParallelism } from 'node:os';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Backend } from '../backend/backend.js';
import { OnnxRuntimeBackend } from '../backend/onnxruntime/onnxruntime-backend.js';
import { HornetError, toHornetError } from '../errors/hornet-error.js';
import type { LibrarySettings } from '../gpu/library-search.js';
import type { FetchProgress } from '../hub/fetch-progress.js';
import type { HubEnvironment } from '../hub/hub-environment.js';
import { decodeImage } from '../image/decode-image.js';
import { planPreprocessing, targetEdgeOf } from '../image/preprocess-plan.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import type { ClassifierModel, Dtype } from '../model/classifier-model.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import type { ModelReference } from '../model/model-reference.js';
import { abortable } from './abortable.js';
import { Batcher } from './batcher.js';
import { chooseBackend } from './choose-backend.js';
import { type ClassifyOptions, checkArguments } from './classify-options.js';
import { describeProgress } from './describe-progress.js';
import { locateModel } from './locate-model.js';
import type { ServingStateName, ServingStatus } from './serving-state.js';
import { type LabelScore, topLabels } from './top-labels.js';

/** How a serving is made; every default is applied by the configuration (src/config). */
export interface ServingOptions {
  readonly reference: ModelReference;
  readonly backend: 'auto' | 'onnxruntime' | 'tensorrt';
  readonly dtype: Dtype | 'auto';
  readonly maxBatch: number;
  /** Images that may be in the serving at once, from admission to answer. */
  readonly maxQueue: number;
  readonly topK: number;
  readonly decode: 'exact' | 'fast';
  /** Most bytes of one encoded image. */
  readonly maxBytes: number;
  /** Most pixels of one image. */
  readonly maxPixels: number;
  /** Where models of the Hub come from. */
  readonly hub: HubEnvironment;
  readonly forceDownload: boolean;
  /** Where to look for the driver and for TensorRT. */
  readonly libraries: LibrarySettings;
  readonly log?: Logger;
}

/** One classified image with the time that each stage took, in ms. */
export interface Classification {
  readonly labels: LabelScore[];
  readonly timings: Readonly<Record<'decode' | 'preprocess' | 'queue' | 'inference', number>>;
}

/** Images admitted by {@link Serving.reserve}; they count against the queue until released. */
export interface Reservation {
  release(): void;
}

interface Loaded {
  readonly model: ClassifierModel;
  readonly backend: Backend;
  readonly batcher: Batcher;
}

/** A named, running model: decodes, preprocesses, batches, runs, ranks. */
export class Serving {
  readonly name: string;
  readonly #options: ServingOptions;
  readonly #log: Logger;
  readonly #decodeLimit: LimitFunction;
  #state: ServingStateName = 'pending';
  #since = new Date();
  #error: HornetError | null = null;
  #loading: Promise<Loaded> | undefined;
  #percent: number | null = null;
  #message: string | null = null;
  #inFlight = 0;
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  constructor(options: ServingOptions) {
    this.name = options.reference.name;
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    // Enough to fill the next batch while one runs and every core decodes; decoded pictures never pile up.
    this.#decodeLimit = pLimit(2 * options.maxBatch + availableParallelism());
  }

  /**
   * Fetches the model if need be, reads it, loads and warms the backend. Does nothing where that is done or going on;
   * tries again where it failed.
   * @throws any ERR_HUB_*, ERR_CACHE_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*; ERR_SERVING_CLOSED
   */
  async load(): Promise<void> {
    this.#closing.signal.throwIfAborted();
    await this.#loadOnce();
  }

  get status(): ServingStatus {
    const error = this.#error;
    return {
      name: this.name,
      model: this.#options.reference.text,
      state: this.#state,
      since: this.#since.toISOString(),
      percent: this.#percent,
      message: this.#message,
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
    const { maxQueue } = this.#options;
    if (this.#inFlight + count > maxQueue) {
      throw new HornetError(
        'ERR_QUEUE_FULL',
        `Serving "${this.name}" already holds ${this.#inFlight} of ${maxQueue} images.`,
      );
    }
    this.#inFlight += count;
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        this.#inFlight -= count;
        if (this.#inFlight === 0) this.#idle?.();
      },
    };
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
    if (this.#inFlight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
    const loaded = await this.#loading?.catch(() => undefined);
    await loaded?.backend.close();
    this.#enter('unloaded');
  }

  /** Images that were admitted before close() are still classified, so a loaded serving stays one. */
  #loadOnce(): Promise<Loaded> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<Loaded> {
    const { signal } = this.#closing;
    let backend: Backend | undefined;
    try {
      signal.throwIfAborted();
      this.#error = null;
      chooseBackend(this.name, this.#options, this.#log);
      const folder = await this.#locate();
      signal.throwIfAborted();
      this.#enter('loading');
      const model = await loadModelFolder(folder, { dtype: this.#options.dtype });
      backend = await this.#loadBackend(model);
      signal.throwIfAborted();
      this.#enter('warming');
      await warm(backend);
      signal.throwIfAborted();
      this.#enter('ready');
      return { model, backend, batcher: new Batcher(backend) };
    } catch (error) {
      await backend?.close();
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

  #locate(): Promise<string> {
    const { reference, hub, dtype, forceDownload } = this.#options;
    if (reference.source.kind === 'hub') this.#enter('downloading');
    const onProgress = (progress: FetchProgress): void => {
      this.#percent = Math.floor((100 * progress.bytesDone) / Math.max(1, progress.bytesTotal));
      this.#message = describeProgress(progress);
    };
    const { signal } = this.#closing;
    return locateModel(reference, {
      environment: hub,
      dtype,
      force: forceDownload,
      log: this.#log,
      signal,
      onProgress,
    });
  }

  #loadBackend(model: ClassifierModel): Promise<Backend> {
    return OnnxRuntimeBackend.load(model, {
      maxBatch: this.#options.maxBatch,
      log: this.#log,
      onFailed: (error) => this.#fail(error),
    });
  }

  async #classify(loaded: Loaded, bytes: Uint8Array, options: ClassifyOptions): Promise<Classification> {
    const { model, batcher } = loaded;
    const { signal } = options;
    signal?.throwIfAborted();
    const startedAt = performance.now();
    const image = await decodeImage(bytes, {
      maxBytes: this.#options.maxBytes,
      maxPixels: this.#options.maxPixels,
      mode: this.#options.decode,
      targetEdge: targetEdgeOf(model.processor),
      signal,
    });
    const decodedAt = performance.now();
    const plan = planPreprocessing(model.processor, image, model.graph.input.format);
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

/** Runs a full batch of whatever lies in the slot, so that the first request does not pay for first-time work. */
async function warm(backend: Backend): Promise<void> {
  const slot = await backend.acquire();
  try {
    await slot.run(slot.capacity);
  } finally {
    slot.release();
  }
}
