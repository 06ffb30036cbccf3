import { EventEmitter } from 'node:events';
import { HornetError } from '../errors/hornet-error.js';
import type { AdmissionRequest, Reservation } from '../serving/admission.js';
import type { ClassifyOptions } from '../serving/classify-options.js';
import type { ClientTensor } from '../serving/client-tensor.js';
import type { ReplaceChanges, UnloadReason } from '../serving/managed-serving.js';
import type { Classification, ScoredImage, ScoreOptions } from '../serving/model-instance.js';
import type { ModelSignature } from '../serving/model-signature.js';
import type { ServingEventMap } from '../serving/serving-events.js';
import type { ServingStateName, ServingStatus } from '../serving/serving-state.js';
import { testStatus } from '../serving/serving-status.test-support.js';
import type { ServedServing } from './served.js';

/** Work that a test lets end when it likes. */
export interface PendingWork<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A serving that does what a test says, and notes what was asked of it. */
export class FakeServing implements ServedServing {
  readonly name: string;
  readonly options: ServedServing['options'];
  readonly events = new EventEmitter<ServingEventMap>();
  readonly lastUsedAtMs = 0;
  residentBytes = 0;
  percent: number | null = null;
  error: ServingStatus['error'] = null;
  model = 'digits';
  /** Thrown by reserve(). */
  refusal: HornetError | undefined;
  /** Bytes of each reservation, in the order of the calls; changed by setBytes(). */
  readonly bytes: number[] = [];
  /** Most bytes of a body that comes without a length. */
  roomBytes = Number.POSITIVE_INFINITY;
  /** Most images of one request. */
  roomImages = Number.POSITIVE_INFINITY;
  inFlight = 0;
  running = 0;
  readonly loads: PendingWork<void>[] = [];
  readonly unloads: PendingWork<void>[] = [];
  readonly replacements: (PendingWork<void> & { readonly changes: ReplaceChanges })[] = [];
  readonly images: (PendingWork<Classification> & {
    readonly body: Uint8Array;
    readonly options: ClassifyOptions;
  })[] = [];
  readonly scorings: (PendingWork<ScoredImage[]> & {
    /** A tensor, or the bytes of pictures. */
    readonly subject: ClientTensor | readonly Uint8Array[];
    readonly options: ScoreOptions;
    readonly images: number;
  })[] = [];
  /** Scores a picture's bytes; where there is none, the test settles `scorings`. */
  scorer: ((picture: Uint8Array) => Float32Array) | undefined;
  signature: ModelSignature | null = testSignature;
  /** Emits `asked` whenever something was asked, so that tests need not poll. */
  readonly asked = new EventEmitter<{ asked: [] }>();
  #state: ServingStateName;

  constructor(name = 'cats', state: ServingStateName = 'ready', memory: 'preload' | 'on-demand' = 'preload') {
    this.name = name;
    this.options = { memory, unloadAfterMs: 0 };
    this.#state = state;
  }

  get state(): ServingStateName {
    return this.#state;
  }

  get status(): ServingStatus {
    const { name, model, percent, inFlight, residentBytes, error } = this;
    return testStatus({ name, model, state: this.#state, percent, inFlight, residentBytes, error });
  }

  enter(state: ServingStateName): void {
    const previous = this.#state;
    this.#state = state;
    this.events.emit('state', { serving: this.name, state, previous, previousMs: 0, errorCode: null });
  }

  load(): Promise<void> {
    return this.#ask((work) => this.loads.push(work));
  }

  /** Asked for like load(). */
  whenReady(): Promise<void> {
    return this.load();
  }

  unload(_reason: UnloadReason): Promise<void> {
    return this.#ask((work) => this.unloads.push(work));
  }

  replace(changes: ReplaceChanges): Promise<void> {
    return this.#ask((work) => this.replacements.push({ ...work, changes }));
  }

  reserve({ images, bytes }: AdmissionRequest): Reservation {
    if (this.refusal !== undefined) throw this.refusal;
    const index = this.bytes.push(bytes) - 1;
    this.inFlight += images;
    this.asked.emit('asked');
    let held = images;
    let released = false;
    return {
      setImages: (real) => {
        if (real > this.roomImages) throw new HornetError('ERR_QUEUE_FULL', 'Full.');
        this.inFlight += real - held;
        held = real;
        this.asked.emit('asked');
      },
      setBytes: (real) => {
        if (real > this.roomBytes) throw new HornetError('ERR_QUEUE_FULL', 'Full.');
        this.bytes[index] = real;
        this.asked.emit('asked');
      },
      release: () => {
        if (released) return;
        released = true;
        this.inFlight -= held;
        if (this.inFlight === 0) this.events.emit('idle', { serving: this.name });
        this.asked.emit('asked');
      },
    };
  }

  classify(body: Uint8Array, options: ClassifyOptions): Promise<Classification> {
    const work = this.#ask<Classification>((image) => this.images.push({ ...image, body, options }));
    const { signal } = options;
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      work.then(resolve, reject);
    });
  }

  /** Each is asked for like one alone; fails with the first that fails. */
  classifyMany(bodies: readonly Uint8Array[], options: ClassifyOptions): Promise<Classification[]> {
    return Promise.all(bodies.map((body) => this.classify(body, options)));
  }

  scoreMany(pictures: readonly Uint8Array[], options: ScoreOptions = {}): Promise<ScoredImage[]> {
    return this.#score(pictures, pictures, options);
  }

  scoreTensor(tensor: ClientTensor, options: ScoreOptions = {}): Promise<ScoredImage[]> {
    const { bytes, shape } = tensor;
    const [images = 0] = shape;
    const size = bytes.length / images;
    const rows = Array.from({ length: images }, (_, row) => bytes.subarray(row * size, (row + 1) * size));
    return this.#score(tensor, rows, options);
  }

  #score(
    subject: ClientTensor | readonly Uint8Array[],
    rows: readonly Uint8Array[],
    options: ScoreOptions,
  ): Promise<ScoredImage[]> {
    const { scorer } = this;
    if (scorer !== undefined) return Promise.resolve(rows.map((row) => scored(scorer(row))));
    const work = this.#ask<ScoredImage[]>((asked) =>
      this.scorings.push({ ...asked, subject, options, images: rows.length }),
    );
    const { signal } = options;
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      work.then(resolve, reject);
    });
  }

  async close(): Promise<void> {
    this.enter('draining');
    while (this.inFlight > 0) await new Promise<void>((resolve) => this.events.once('idle', () => resolve()));
    this.enter('unloaded');
  }

  #ask<T>(note: (work: PendingWork<T>) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      note({ resolve, reject });
      this.asked.emit('asked');
    });
  }
}

/** Resolves as soon as the condition holds, looking at it after each thing that is asked of the serving. */
export async function when(serving: FakeServing, condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => serving.asked.once('asked', () => resolve()));
}

/** What a fake classifies everything as. */
export const aCat: Classification = {
  labels: [{ label: 'cat', score: 1 }],
  timings: { queue: 1, decode: 2, preprocess: 3, batch: 4, inference: 5, postprocess: 6 },
};

/** Scores with the time they took. */
export function scored(scores: Float32Array | readonly number[]): ScoredImage {
  return { scores: Float32Array.from(scores), timings: aCat.timings };
}

/** Of a model with pictures of two by two pixels and three classes, on the CPU. */
export const testSignature: ModelSignature = {
  input: { name: 'pixel_values', datatype: 'FP32', shape: [3, 2, 2], imageBytes: 48 },
  output: { name: 'logits', classes: 3 },
  labels: ['cat', 'dog: a big one', 'bird'],
  backend: 'onnxruntime',
  devices: [],
  slotsPerDevice: 2,
  workers: 1,
  maxBatch: 4,
  batchSizes: [1, 2, 3, 4],
  maxDelayMs: 1.5,
};

/** Refusal of a serving that was unloaded by hand. */
export const unloadedByHand = new HornetError('ERR_SERVING_UNLOADED', 'Serving "cats" was unloaded.');
