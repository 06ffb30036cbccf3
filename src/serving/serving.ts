import { EventEmitter, setMaxListeners } from 'node:events';
import { toHornetError } from '../errors/hornet-error.js';
import { silentLogger } from '../logging/create-logger.js';
import { abortable } from './abortable.js';
import { Admission, type AdmissionRequest, type Reservation } from './admission.js';
import { type ClassifyOptions, checkArguments } from './classify-options.js';
import type { ManagedServing, ReplaceChanges, UnloadReason } from './managed-serving.js';
import type { Classification } from './model-instance.js';
import { ModelLifeCycle } from './model-life-cycle.js';
import type { ServingEventMap, ServingEvents } from './serving-events.js';
import type { ServingOptions } from './serving-options.js';
import { reportedError, type ServingStatus } from './serving-state.js';
import { processResources, type SharedResources } from './shared-resources.js';

/** A named model that can be asked, and loaded, unloaded and replaced while it is in use. */
export class Serving implements ManagedServing {
  readonly name: string;
  readonly events: ServingEvents = new EventEmitter<ServingEventMap>();
  readonly #resources: SharedResources;
  readonly #admission: Admission;
  readonly #life: ModelLifeCycle;
  #lastUsedAtMs: number;
  #closed: Promise<void> | undefined;

  constructor(options: ServingOptions) {
    this.name = options.reference.name;
    this.#resources = options.resources ?? processResources();
    this.#admission = new Admission(this.name, options);
    this.#life = new ModelLifeCycle({
      options,
      log: options.log ?? silentLogger,
      events: this.events,
      resources: this.#resources,
      owner: this,
      whenIdle: () => this.#admission.idle(),
    });
    this.#lastUsedAtMs = this.#resources.clock.now();
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
    return this.#admission.images;
  }

  /** By the clock of its resources. */
  get lastUsedAtMs(): number {
    return this.#lastUsedAtMs;
  }

  get residentBytes(): number {
    return this.#life.instance?.lease.bytes ?? 0;
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
   * @throws ERR_QUEUE_FULL, ERR_SERVING_UNLOADED, ERR_SERVING_CLOSED, or the error that made the serving fail
   */
  reserve(request: AdmissionRequest): Reservation {
    const { refusal } = this.#life;
    if (refusal !== null) throw refusal;
    const reservation = this.#admission.reserve(request);
    this.#touch();
    let released = false;
    return {
      setBytes: (bytes) => reservation.setBytes(bytes),
      release: () => {
        if (released) return;
        released = true;
        this.#touch();
        reservation.release();
        if (this.inFlight === 0) this.events.emit('idle', { serving: this.name });
      },
    };
  }

  /**
   * Classifies one encoded image (JPEG, PNG, WebP, GIF, TIFF).
   * @param image the bytes of the file
   * @param reservation of an earlier {@link reserve}; without it the image is admitted here and now
   * @throws ERR_PARAMETER_INVALID, ERR_IMAGE_*, ERR_QUEUE_FULL, ERR_SERVING_*, ERR_BACKEND_*, or the signal's reason
   */
  async classify(image: Uint8Array, options: ClassifyOptions = {}, reservation?: Reservation): Promise<Classification> {
    const [result] = await this.classifyMany([image], options, reservation);
    return result as Classification;
  }

  /**
   * Classifies several images, which may run in different batches; the results are in the order of the images. When one
   * fails, so does the whole, and those that have not run yet are left out.
   * @throws as {@link classify}
   */
  async classifyMany(
    images: readonly Uint8Array[],
    options: ClassifyOptions = {},
    reservation?: Reservation,
  ): Promise<Classification[]> {
    for (const image of images) checkArguments(image, options);
    const bytes = images.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const place = reservation ?? this.reserve({ images: images.length, bytes });
    const stop = new AbortController();
    // Every stage of every image listens to it; from the eleventh on, Node would take that for a leak.
    setMaxListeners(0, stop.signal);
    const onAbort = (): void => stop.abort(options.signal?.reason);
    // Not AbortSignal.any: in Node 20 a signal that lives long never forgets the ones that were made from it.
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();
    try {
      return await Promise.all(images.map((image) => this.#classify(image, { ...options, signal: stop.signal })));
    } catch (error) {
      stop.abort(error);
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      if (reservation === undefined) place.release();
    }
  }

  /** Takes no new images, waits for those admitted, frees the backend. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#life.close();
    return this.#closed;
  }

  async #classify(image: Uint8Array, options: ClassifyOptions): Promise<Classification> {
    const { signal } = options;
    const { clock } = this.#resources;
    const startMs = clock.now();
    const tell = (errorCode: ReturnType<typeof toHornetError>['code'] | null): void => {
      this.events.emit('image', { serving: this.name, durationMs: clock.now() - startMs, errorCode });
    };
    try {
      // One that is on its way out takes nothing any more; the next one is waited for.
      let instance = await abortable(this.#life.whenReady(), signal);
      while (instance.closing) instance = await abortable(this.#life.whenReady(), signal);
      const result = await abortable(instance.classify(image, options), signal);
      tell(null);
      return result;
    } catch (error) {
      tell(toHornetError(error).code);
      throw error;
    }
  }

  #touch(): void {
    this.#lastUsedAtMs = this.#resources.clock.now();
  }
}
