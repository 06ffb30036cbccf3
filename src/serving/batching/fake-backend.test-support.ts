import type { Backend, BackendDevice, BatchSlot, SlotFormat } from '../../backend/backend.js';
import { HornetError } from '../../errors/hornet-error.js';
import { type Clock, systemClock } from '../clock.js';
import { poisonIn, scoresOf } from './fake-pictures.test-support.js';

/** Options of {@link FakeBackend}. */
export interface FakeBackendOptions {
  readonly kind?: Backend['kind'];
  readonly slotFormat?: SlotFormat;
  readonly devices?: readonly BackendDevice[];
  /** Default `cpu`. */
  readonly resource?: string;
  /** Default 2. */
  readonly slotCount?: number;
  /** Default 1. */
  readonly workers?: number;
  /** Default 4. */
  readonly maxBatch?: number;
  /** Default: all up to `maxBatch`. */
  readonly batchSizes?: readonly number[];
  /** Of each slot, default `maxBatch`. */
  readonly capacities?: readonly number[];
  /** Default 3. */
  readonly classes?: number;
  /** Default 16. */
  readonly imageBytes?: number;
  /** Whether runs go on until the test finishes them; default false. */
  readonly held?: boolean;
  /** How long a run takes by `clock`, default none at all. */
  readonly runMs?: (images: number) => number;
  /** Default the clock of the machine. */
  readonly clock?: Clock;
}

/** A batch that was begun. */
export interface FakeRun {
  readonly slot: number;
  readonly startedAtMs: number;
  /** Copies of the rows as they were when it began. */
  readonly pictures: readonly Uint8Array[];
  /** Undefined while it goes on. */
  readonly endedAtMs: number | undefined;
  /** Ends it with scores, or with the error of the first poisoned picture. */
  finish(): void;
  fail(error: HornetError): void;
}

/** What rows hold that nobody has written since the slot was taken. */
const unwritten = 0xee;

interface Slot {
  readonly index: number;
  readonly capacity: number;
  readonly bytes: Uint8Array;
  run: FakeRun | undefined;
}

interface Waiter {
  readonly resolve: (slot: BatchSlot) => void;
  readonly reject: (error: HornetError) => void;
}

/**
 * A backend whose scores tell which bytes were in which row, whose batches fail where a picture is poisoned, and which
 * notes what callers must not do.
 */
export class FakeBackend implements Backend {
  readonly kind: Backend['kind'];
  readonly slotFormat: SlotFormat;
  readonly devices: readonly BackendDevice[];
  readonly slotCount: number;
  readonly resourceSlots: number;
  readonly workers: number;
  readonly cpu = null;
  readonly available = true;
  readonly maxBatch: number;
  readonly batchSizes: readonly number[];
  readonly classes: number;
  /** All that were begun, in order. */
  readonly runs: FakeRun[] = [];
  /** What was done that the interface forbids: rows not written, slots used after release, two runs in one slot. */
  readonly violations: string[] = [];
  readonly #options: FakeBackendOptions;
  readonly #imageBytes: number;
  readonly #clock: Clock;
  readonly #free: Slot[];
  readonly #waiting: Waiter[] = [];
  readonly #runWaiters: ((run: FakeRun) => void)[] = [];
  #runsTold = 0;
  #refusal: HornetError | undefined;
  #closed = false;
  readonly #onIdle: (() => void)[] = [];

  constructor(options: FakeBackendOptions = {}) {
    this.#options = options;
    this.kind = options.kind ?? 'onnxruntime';
    this.slotFormat = options.slotFormat ?? { dtype: 'uint8', layout: 'NHWC', flipsChannels: false };
    this.devices = options.devices ?? [];
    this.slotCount = options.slotCount ?? 2;
    this.resourceSlots = this.slotCount / Math.max(1, this.devices.length);
    this.workers = options.workers ?? 1;
    this.maxBatch = options.maxBatch ?? 4;
    this.batchSizes = options.batchSizes ?? Array.from({ length: this.maxBatch }, (_, index) => index + 1);
    this.classes = options.classes ?? 3;
    this.#imageBytes = options.imageBytes ?? 16;
    this.#clock = options.clock ?? systemClock;
    this.#free = Array.from({ length: this.slotCount }, (_, index) => {
      const capacity = options.capacities?.[index] ?? this.maxBatch;
      return { index, capacity, bytes: new Uint8Array(capacity * this.#imageBytes).fill(unwritten), run: undefined };
    });
  }

  get takenSlots(): number {
    return this.slotCount - this.#free.length;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The first run that this method has not yet given; waits for it. */
  nextRun(): Promise<FakeRun> {
    const run = this.runs[this.#runsTold++];
    return run === undefined ? new Promise((resolve) => this.#runWaiters.push(resolve)) : Promise.resolve(run);
  }

  /** Those who wait for a slot, and all who ask for one from now on, are refused; undefined: no longer. */
  refuse(error: HornetError | undefined): void {
    this.#refusal = error;
    if (error !== undefined) for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  acquire(): Promise<BatchSlot> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const slot = this.#free.shift();
    if (slot !== undefined) return Promise.resolve(this.#lend(slot));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.refuse(new HornetError('ERR_SERVING_CLOSED', 'The backend was closed.'));
    if (this.takenSlots > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #lend(slot: Slot): BatchSlot {
    const { index, capacity } = slot;
    if (slot.bytes.some((byte) => byte !== unwritten)) this.#forbid(`Slot ${index} was written to after its release.`);
    slot.bytes.fill(unwritten);
    let released = false;
    return {
      bytes: slot.bytes,
      capacity,
      imageBytes: this.#imageBytes,
      resource: this.#options.resource ?? 'cpu',
      run: async (count) => {
        if (released) throw this.#forbid(`Slot ${index} was run after its release.`);
        if (slot.run !== undefined) throw this.#forbid(`Slot ${index} was run twice at once.`);
        if (count < 1 || count > capacity) throw this.#forbid(`Slot ${index} of ${capacity} was to run ${count}.`);
        return await this.#run(slot, count);
      },
      release: () => {
        if (released) return;
        released = true;
        if (slot.run !== undefined) this.#forbid(`Slot ${index} was released while it ran.`);
        slot.bytes.fill(unwritten);
        const waiter = this.#waiting.shift();
        if (waiter !== undefined) waiter.resolve(this.#lend(slot));
        else this.#free.push(slot);
        if (this.takenSlots === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
      },
    };
  }

  #run(slot: Slot, count: number): Promise<Float32Array> {
    const pictures = Array.from({ length: count }, (_, row) =>
      slot.bytes.slice(row * this.#imageBytes, (row + 1) * this.#imageBytes),
    );
    if (pictures.some((picture) => picture.every((byte) => byte === unwritten))) {
      this.#forbid(`Slot ${slot.index} was run with a row that nobody has written.`);
    }
    return new Promise((resolve, reject) => {
      let endedAtMs: number | undefined;
      const end = (settle: () => void): void => {
        if (endedAtMs !== undefined) return;
        endedAtMs = this.#clock.now();
        slot.run = undefined;
        settle();
      };
      const run: FakeRun = {
        slot: slot.index,
        startedAtMs: this.#clock.now(),
        pictures,
        get endedAtMs() {
          return endedAtMs;
        },
        finish: () => {
          const code = pictures.map(poisonIn).find((found) => found !== undefined);
          if (code !== undefined) run.fail(new HornetError(code, 'A picture of this batch is poisoned.'));
          else end(() => resolve(this.#score(pictures)));
        },
        fail: (error) => end(() => reject(error)),
      };
      slot.run = run;
      this.runs.push(run);
      const waiter = this.#runWaiters.shift();
      if (waiter !== undefined) waiter(run);
      if (this.#options.held === true) return;
      const { runMs } = this.#options;
      if (runMs === undefined) queueMicrotask(run.finish);
      else this.#clock.after(runMs(count), run.finish);
    });
  }

  #score(pictures: readonly Uint8Array[]): Float32Array {
    const scores = new Float32Array(pictures.length * this.classes);
    pictures.forEach((picture, row) => {
      scores.set(scoresOf(picture, this.classes), row * this.classes);
    });
    return scores;
  }

  #forbid(what: string): Error {
    this.violations.push(what);
    return new Error(what);
  }
}
