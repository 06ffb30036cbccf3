import { EventEmitter } from 'node:events';
import { silentLogger } from '../logging/create-logger.js';
import type { AdmissionRequest, Reservation } from './admission.js';
import { type ClassifyOptions, checkArguments } from './classify-options.js';
import { type ClientTensor, checkTensor } from './client-tensor.js';
import { withIndex } from './image-error.js';
import type { ManagedServing, ReplaceChanges, UnloadReason } from './managed-serving.js';
import type { Classification, ScoredImage, ScoreOptions } from './model-instance.js';
import { ModelLifeCycle } from './model-life-cycle.js';
import type { ModelSignature } from './model-signature.js';
import type { ServingEventMap, ServingEvents } from './serving-events.js';
import type { ServingOptions } from './serving-options.js';
import { ServingRequests } from './serving-requests.js';
import { reportedError, type ServingStateName, type ServingStatus } from './serving-state.js';
import { processResources } from './shared-resources.js';

/** A named model that can be asked, and loaded, unloaded and replaced while it is in use. */
export class Serving implements ManagedServing {
  readonly name: string;
  readonly events: ServingEvents = new EventEmitter<ServingEventMap>();
  readonly #life: ModelLifeCycle;
  readonly #requests: ServingRequests;
  #closed: Promise<void> | undefined;

  constructor(options: ServingOptions) {
    this.name = options.reference.name;
    const resources = options.resources ?? processResources();
    this.#life = new ModelLifeCycle({
      options,
      log: options.log ?? silentLogger,
      events: this.events,
      resources,
      owner: this,
      whenIdle: () => this.#requests.idle(),
    });
    this.#requests = new ServingRequests({
      serving: this.name,
      limits: options,
      life: this.#life,
      events: this.events,
      clock: resources.clock,
    });
  }

  /** As configured, or as the last replacement has left them. */
  get options(): ServingOptions {
    return this.#life.options;
  }

  get loaded(): boolean {
    return this.#life.instance !== undefined;
  }

  /** Images in it, from admission to answer. */
  get inFlight(): number {
    return this.#requests.images;
  }

  /** Of those, images that are being run just now by what answers. */
  get running(): number {
    return this.#life.instance?.running ?? 0;
  }

  /** By the clock of its resources. */
  get lastUsedAtMs(): number {
    return this.#requests.lastAtMs;
  }

  get residentBytes(): number {
    return this.#life.instance?.lease.bytes ?? 0;
  }

  /** What the loaded model takes and gives; null where none is loaded. */
  get signature(): ModelSignature | null {
    return this.#life.instance?.signature ?? null;
  }

  /** That of {@link status}, at a fraction of the cost. */
  get state(): ServingStateName {
    return this.#life.state.name;
  }

  get status(): ServingStatus {
    const { options, instance, replacement } = this.#life;
    const { name: state, error, progress } = this.#life.state;
    const backend = instance?.backend;
    return {
      name: this.name,
      model: options.reference.text,
      state,
      ...progress,
      memory: options.memory,
      backend: backend?.kind ?? null,
      devices: backend?.devices ?? [],
      cpu: backend?.cpu ?? null,
      inFlight: this.inFlight,
      residentBytes: this.residentBytes,
      replacement,
      error: reportedError(error),
    };
  }

  /**
   * Fetches the model if need be, reads it, builds its engine where it is to run on a GPU, loads and warms the backend.
   * Does nothing where that is done or going on; tries again where it failed.
   * @throws any ERR_HUB_*, ERR_CACHE_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*, ERR_GPU_*,
   *   ERR_TENSORRT_*; ERR_MEMORY_INSUFFICIENT, ERR_SERVING_UNLOADED, ERR_SERVING_CLOSED
   */
  async load(): Promise<void> {
    await this.#life.load();
  }

  /**
   * Resolves when it can answer: as {@link load}, but leaves alone what was unloaded by hand or has failed, and waits for a
   * GPU that is lost.
   * @throws as {@link load}
   */
  async whenReady(): Promise<void> {
    await this.#life.whenReady();
  }

  /**
   * Answers the images that were admitted and frees the memory. Images that come later load the model again, unless it
   * was unloaded by hand: then they are refused at once, loading is ended, and only {@link load} brings it back.
   */
  unload(reason: UnloadReason = 'by-hand'): Promise<void> {
    return this.#life.unload(reason);
  }

  /**
   * Loads the model with changes beside the one that answers, which goes on until the new one is warm, and then ends
   * what is in it. Where nothing is loaded, loads it with the changes. When that fails, all stays as it was.
   * @throws as {@link load}; ERR_SERVING_BUSY while it is being replaced, ERR_PARAMETER_INVALID for a revision of a model
   *   that is not from the Hub
   */
  replace(changes: ReplaceChanges): Promise<void> {
    return this.#life.replace(changes);
  }

  /**
   * Admits images before they are there, so that a full serving can refuse before a body is read.
   * @throws ERR_QUEUE_FULL, ERR_TOO_MANY_IMAGES, ERR_SERVING_UNLOADED, ERR_SERVING_CLOSED, or the error that made the
   *   serving fail
   */
  reserve(request: AdmissionRequest): Reservation {
    return this.#requests.reserve(request);
  }

  /**
   * Classifies one encoded image (JPEG, PNG, WebP, GIF, TIFF).
   * @param image the bytes of the file
   * @param reservation of an earlier {@link reserve}; without it the image is admitted here and now
   * @throws ERR_PARAMETER_INVALID, ERR_IMAGE_*, ERR_QUEUE_FULL, ERR_SERVING_*, ERR_BACKEND_*, or the signal's reason
   */
  async classify(image: Uint8Array, options: ClassifyOptions = {}, reservation?: Reservation): Promise<Classification> {
    const [result] = await this.#classified([image], options, reservation);
    return result as Classification;
  }

  /**
   * Classifies several images, which may run in different batches; the results are in the order of the images. When one
   * fails, so does the whole, and those that have not run yet are left out.
   * @throws as {@link classify}; errors that are an image's own have its index in `details.index`
   */
  classifyMany(
    images: readonly Uint8Array[],
    options: ClassifyOptions = {},
    reservation?: Reservation,
  ): Promise<Classification[]> {
    return this.#classified(images, options, reservation, withIndex);
  }

  /**
   * Scores several encoded images: as {@link classifyMany}, but gives the scores of all classes, by default as the model
   * gives them.
   * @throws as {@link classifyMany}
   */
  scoreMany(
    images: readonly Uint8Array[],
    options: ScoreOptions = {},
    reservation?: Reservation,
  ): Promise<ScoredImage[]> {
    return this.#requests.told(images.length, async () => {
      for (const image of images) checkArguments(image, options);
      return await this.#requests.answered({
        items: images,
        bytes: sizeOf(images),
        signal: options.signal,
        reservation,
        work: (instance, image, signal) => instance.score(image, { ...options, signal }),
        explain: withIndex,
      });
    });
  }

  /**
   * Scores a tensor that the caller has made as {@link signature} says; its pictures may run in different batches.
   * @throws ERR_PARAMETER_INVALID naming the input, ERR_QUEUE_FULL, ERR_SERVING_*, ERR_BACKEND_*, or the signal's reason
   */
  async scoreTensor(
    tensor: ClientTensor,
    options: ScoreOptions = {},
    reservation?: Reservation,
  ): Promise<ScoredImage[]> {
    const [images = 0] = tensor.shape;
    return this.#requests.told(images, async () => {
      checkArguments(tensor.bytes, options);
      const { signature } = await this.#requests.instance(options.signal);
      return await this.#requests.answered({
        items: Array.from({ length: checkTensor(tensor, signature) }, (_, row) => row),
        bytes: tensor.bytes.byteLength,
        signal: options.signal,
        reservation,
        work: (instance, row, signal) => instance.scoreRow(tensor, row, { ...options, signal }),
      });
    });
  }

  /** Takes no new images, waits for those admitted, frees the backend. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#life.close();
    return this.#closed;
  }

  #classified(
    images: readonly Uint8Array[],
    options: ClassifyOptions,
    reservation: Reservation | undefined,
    explain?: typeof withIndex,
  ): Promise<Classification[]> {
    return this.#requests.told(images.length, async () => {
      for (const image of images) checkArguments(image, options);
      return await this.#requests.answered({
        items: images,
        bytes: sizeOf(images),
        signal: options.signal,
        reservation,
        work: (instance, image, signal) => instance.classify(image, { ...options, signal }),
        explain,
      });
    });
  }
}

function sizeOf(images: readonly Uint8Array[]): number {
  return images.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
