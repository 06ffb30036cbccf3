import { availableParallelism } from 'node:os';
import { HornetError } from '../../errors/hornet-error.js';
import { bytesPerElement } from '../../image/tensor-format.js';
import { type Logger, silentLogger } from '../../logging/create-logger.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { Backend, BackendDevice, BatchSlot, SlotFormat } from '../backend.js';
import { InferenceWorker } from './inference-worker.js';
import type { WorkerSettings } from './worker-protocol.js';

/** Options of {@link OnnxRuntimeBackend.load}. */
export interface OnnxRuntimeOptions {
  /** Most pictures per batch, default 4: larger batches gain little on a CPU and cost memory. */
  readonly maxBatch?: number;
  /** Threads of the session, default one per core. */
  readonly threads?: number;
  readonly log?: Logger;
  /** Called when workers keep dying and the backend has given up: every run fails from then on. */
  readonly onFailed?: (error: HornetError) => void;
  /** Another worker script, for tests. */
  readonly workerEntry?: URL;
}

/** One batch runs while the next one is filled. */
const slotCount = 2;

/** Workers that may be lost, or fail to start, without a batch having succeeded in between. */
const maxLosses = 5;

/** Runs a model on the CPU, in a worker thread that owns an onnxruntime session. */
export class OnnxRuntimeBackend implements Backend {
  readonly kind = 'onnxruntime';
  readonly slotFormat: SlotFormat;
  readonly slotCount = slotCount;
  readonly resourceSlots = slotCount;
  /** A worker that was lost is replaced at once. */
  readonly available = true;
  readonly devices: readonly BackendDevice[] = [];
  readonly maxBatch: number;
  readonly batchSizes: readonly number[];
  readonly classes: number;
  readonly #settings: WorkerSettings;
  readonly #imageBytes: number;
  readonly #log: Logger;
  readonly #workerEntry: URL | undefined;
  readonly #onFailed: (error: HornetError) => void;
  readonly #freeSlots: number[] = [];
  readonly #waiting: { resolve: (slot: BatchSlot) => void; reject: (error: HornetError) => void }[] = [];
  #worker: Promise<InferenceWorker>;
  #losses = 0;
  #failed: HornetError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(model: ClassifierModel, options: OnnxRuntimeOptions) {
    const { input, output } = model.graph;
    const { width, height } = model.imageSize;
    const imageShape = input.format.layout === 'NCHW' ? [3, height, width] : [height, width, 3];
    this.#imageBytes = 3 * width * height * bytesPerElement[input.format.dtype];
    this.slotFormat = { ...input.format, flipsChannels: false };
    this.classes = model.labels.length;
    // A graph with a fixed batch runs in steps of it, so the slot holds whole steps.
    const step = input.batch ?? 1;
    this.maxBatch = Math.ceil((options.maxBatch ?? 4) / step) * step;
    this.batchSizes = Array.from({ length: this.maxBatch / step }, (_, index) => (index + 1) * step);
    this.#log = options.log ?? silentLogger;
    this.#workerEntry = options.workerEntry;
    this.#onFailed = options.onFailed ?? (() => {});
    this.#settings = {
      onnxPath: model.onnxPath,
      threads: options.threads ?? availableParallelism(),
      inputName: input.name,
      outputName: output.name,
      dtype: input.format.dtype,
      imageShape,
      fixedBatch: input.batch,
      classes: this.classes,
      slots: Array.from({ length: slotCount }, () => new SharedArrayBuffer(this.maxBatch * this.#imageBytes)),
    };
    for (let slot = 0; slot < slotCount; slot++) this.#freeSlots.push(slot);
    this.#worker = this.#startWorker();
  }

  /**
   * Loads the model into a new worker.
   * @throws ERR_BACKEND_LOAD_FAILED when onnxruntime refuses the model
   */
  static async load(model: ClassifierModel, options: OnnxRuntimeOptions = {}): Promise<OnnxRuntimeBackend> {
    const backend = new OnnxRuntimeBackend(model, options);
    await backend.#worker;
    return backend;
  }

  acquire(): Promise<BatchSlot> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const index = this.#freeSlots.pop();
    if (index !== undefined) return Promise.resolve(this.#slot(index));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const waiter of this.#waiting.splice(0)) waiter.reject(closedError());
      const worker = await this.#worker.catch(() => undefined);
      await worker?.close();
    })();
    return this.#closing;
  }

  async #startWorker(): Promise<InferenceWorker> {
    let loaded = false;
    const onLost = (): void => {
      if (loaded) this.#replaceWorker();
    };
    const worker = new InferenceWorker(this.#settings, onLost, this.#workerEntry);
    await worker.loaded();
    loaded = true;
    return worker;
  }

  /** A worker can lose its heap or throw; the next batch gets a new one, until that has failed too often in a row. */
  #replaceWorker(): void {
    if (this.#closing !== undefined) return;
    this.#losses++;
    if (this.#losses > maxLosses) {
      const message = `The inference worker was lost ${this.#losses} times in a row and is not started again.`;
      this.#failed = new HornetError('ERR_BACKEND_WORKER_LOST', message);
      this.#onFailed(this.#failed);
      return;
    }
    this.#log.warn(
      { event: 'worker.replaced', losses: this.#losses },
      'The inference worker was lost; starting another',
    );
    this.#worker = this.#startWorker();
    this.#worker.catch((error: unknown) => {
      this.#log.warn({ event: 'worker.failed', err: error }, 'The new inference worker could not start');
      this.#replaceWorker();
    });
  }

  #slot(index: number): BatchSlot {
    const buffer = this.#settings.slots[index] as SharedArrayBuffer;
    let released = false;
    return {
      bytes: new Uint8Array(buffer),
      capacity: this.maxBatch,
      imageBytes: this.#imageBytes,
      resource: 'cpu',
      run: async (count) => {
        if (this.#failed !== undefined) throw this.#failed;
        const worker = await this.#worker;
        const scores = await worker.run(index, count);
        this.#losses = 0;
        return scores;
      },
      release: () => {
        if (released) return;
        released = true;
        const waiter = this.#waiting.shift();
        if (waiter === undefined) this.#freeSlots.push(index);
        else waiter.resolve(this.#slot(index));
      },
    };
  }
}

function closedError(): HornetError {
  return new HornetError('ERR_SERVING_CLOSED', 'The backend was closed.');
}
