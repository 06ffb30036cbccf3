import type { ErrorCode } from '../errors/error-registry.js';
import { toHornetError } from '../errors/hornet-error.js';
import { abortable } from './abortable.js';
import { Admission, type AdmissionLimits, type AdmissionRequest, type Reservation } from './admission.js';
import type { Clock } from './clock.js';
import type { Classification, ModelInstance, ScoredImage } from './model-instance.js';
import type { ModelLifeCycle } from './model-life-cycle.js';
import type { ServingEvents } from './serving-events.js';
import { sideBySide } from './side-by-side.js';

/** What is done with each item of a request: an encoded image, or one row of a tensor. */
export interface RequestWork<Item, Result> {
  readonly items: readonly Item[];
  /** Of all of them together. */
  readonly bytes: number;
  readonly signal: AbortSignal | undefined;
  /** Of an earlier {@link ServingRequests.reserve}; without it the items are admitted here and now. */
  readonly reservation: Reservation | undefined;
  readonly work: (instance: ModelInstance, item: Item, signal: AbortSignal) => Promise<Result>;
  /** Makes what is thrown of the error of one item. */
  readonly explain?: ((error: unknown, index: number) => unknown) | undefined;
}

/** What {@link ServingRequests} work with. */
export interface ServingRequestsParts {
  /** Name of the serving. */
  readonly serving: string;
  readonly limits: AdmissionLimits;
  readonly life: Pick<ModelLifeCycle, 'refusal' | 'whenReady'>;
  readonly events: ServingEvents;
  readonly clock: Clock;
}

/** The requests to one serving: admits their images, has each worked on, and tells what became of them by events. */
export class ServingRequests {
  readonly #parts: ServingRequestsParts;
  readonly #admission: Admission;
  #lastAtMs: number;

  constructor(parts: ServingRequestsParts) {
    this.#parts = parts;
    this.#admission = new Admission(parts.serving, parts.limits, parts.clock);
    this.#lastAtMs = parts.clock.now();
  }

  /** Images that are admitted. */
  get images(): number {
    return this.#admission.images;
  }

  /** When one was last admitted or over, by the clock. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  /** Resolves when nothing is admitted, if only for a moment. */
  idle(): Promise<void> {
    return this.#admission.idle();
  }

  /** @throws ERR_QUEUE_FULL, ERR_TOO_MANY_IMAGES, or what the serving refuses everything with */
  reserve(request: AdmissionRequest): Reservation {
    const { images } = request;
    const reservation = this.#refusing(images, () => this.#admit(request));
    return {
      ...reservation,
      setBytes: (bytes) => this.#refusing(images, () => reservation.setBytes(bytes)),
      setImages: (real) => this.#refusing(real, () => reservation.setImages(real)),
    };
  }

  /** Does what a request asks for, and tells what became of it. */
  async told<T>(images: number, work: () => Promise<T>): Promise<T> {
    const { serving, events, clock } = this.#parts;
    const startMs = clock.now();
    let errorCode: ErrorCode | null = null;
    try {
      return await work();
    } catch (error) {
      errorCode = toHornetError(error).code;
      throw error;
    } finally {
      events.emit('request', { serving, images, durationMs: clock.now() - startMs, errorCode });
    }
  }

  /** Has each of the items worked on; the results are in their order. */
  async answered<Item, Result extends ScoredImage | Classification>(
    request: RequestWork<Item, Result>,
  ): Promise<Result[]> {
    const { items, bytes, signal, reservation, work, explain } = request;
    const place = reservation ?? this.#admit({ images: items.length, bytes });
    try {
      return await sideBySide(
        items,
        signal,
        (item, stop) => this.#image(stop, (instance) => work(instance, item, stop)),
        explain,
      );
    } finally {
      if (reservation === undefined) place.release();
    }
  }

  /** The instance that answers, once there is one. */
  async instance(signal: AbortSignal | undefined): Promise<ModelInstance> {
    const { life } = this.#parts;
    // One that is on its way out takes nothing any more; the next one is waited for.
    let instance = await abortable(life.whenReady(), signal);
    while (instance.closing) instance = await abortable(life.whenReady(), signal);
    return instance;
  }

  /** What is refused never becomes a request that can be answered, and is told of here. */
  #refusing<T>(images: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { serving, events } = this.#parts;
      events.emit('request', { serving, images, durationMs: 0, errorCode: toHornetError(error).code });
      throw error;
    }
  }

  #admit(request: AdmissionRequest): Reservation {
    const { serving, life, events } = this.#parts;
    const { refusal } = life;
    if (refusal !== null) throw refusal;
    const reservation = this.#admission.reserve(request);
    this.#touch();
    let released = false;
    return {
      ...reservation,
      release: () => {
        if (released) return;
        released = true;
        this.#touch();
        reservation.release();
        if (this.images === 0) events.emit('idle', { serving });
      },
    };
  }

  /** Tells what becomes of one image. */
  async #image<Result extends ScoredImage | Classification>(
    signal: AbortSignal,
    work: (instance: ModelInstance) => Promise<Result>,
  ): Promise<Result> {
    const { serving, events, clock } = this.#parts;
    const startMs = clock.now();
    const tell = (errorCode: ErrorCode | null, timings: Classification['timings'] | null): void => {
      events.emit('image', { serving, durationMs: clock.now() - startMs, errorCode, timings });
    };
    try {
      const instance = await this.instance(signal);
      const result = await abortable(work(instance), signal);
      tell(null, result.timings);
      return result;
    } catch (error) {
      tell(toHornetError(error).code, null);
      throw error;
    }
  }

  #touch(): void {
    this.#lastAtMs = this.#parts.clock.now();
  }
}
