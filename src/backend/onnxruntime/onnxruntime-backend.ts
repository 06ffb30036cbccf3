import { availableParallelism } from 'node:os';
import { HornetError } from '../../errors/hornet-error.js';
import { bytesPerElement } from '../../image/tensor-format.js';
import { type Logger, silentLogger } from '../../logging/create-logger.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { Backend, BatchSlot } from '../backend.js';
import { InferenceWorker } from './inference-worker.js';
import type { WorkerSettings } from './worker-protocol.js';

/** Options of {@link OnnxRuntimeBackend.load}. */
export interface OnnxRuntimeOptions {
  /** Most pictures per batch, default 4: larger batches gain little on a CPU and cost memory. */
  readonly maxBatch?: number;
  /** Threads of the session, default one per core. */
  readonly threads?: number;
  readonly log?: Logger;
  /** Another worker script, for tests. */
  readonly workerEntry?: URL;
}

/** One batch runs while the next one is filled. */
const slotCount = 2;

/** Times a lost worker is started again without a batch having succeeded in between. */
const maxRestarts = 5;

/** Runs a model on the CPU, in a worker thread that owns an onnxruntime session. */
export class OnnxRuntimeBackend implements Backend {
  readonly kind = 'onnxruntime';
  readonly maxBatch: number;
  readonly classes: number;
  readonly #settings: WorkerSettings;
  readonly #imageBytes: number;
  readonly #log: Logger;
  readonly #workerEntry: URL | undefined;
  readonly #freeSlots: number[] = [];
  readonly #waiting: { resolve: (slot: BatchSlot) => void; reject: (error: HornetError) => void }[] = [];
  #worker: Promise<InferenceWorker>;
  #restarts = 0;
  #closing: Promise<void> | undefined;

  private constructor(model: ClassifierModel, options: OnnxRuntimeOptions) {
    const { input, output } = model.graph;
    const { width, height } = model.imageSize;
    const imageShape = input.format.layout === 'NCHW' ? [3, height, width] : [height, width, 3];
    this.#imageBytes = 3 * width * height * bytesPerElement[input.format.dtype];
    this.classes = model.labels.length;
    // A graph with a fixed batch runs in steps of it, so the slot holds whole steps.
    const step = input.batch ?? 1;
    this.maxBatch = Math.ceil((options.maxBatch ?? 4) / step) * step;
    this.#log = options.log ?? silentLogger;
    this.#workerEntry = options.workerEntry;
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

  /** A worker can lose its heap or throw; the next batch gets a new one. Gives up when that never helps. */
  #replaceWorker(): void {
    if (this.#closing !== undefined) return;
    this.#restarts++;
    if (this.#restarts > maxRestarts) {
      const message = `The inference worker was lost ${this.#restarts} times in a row and is not started again.`;
      this.#worker = Promise.reject(new HornetError('ERR_BACKEND_WORKER_LOST', message));
    } else {
      this.#log.warn(
        { event: 'worker.replaced', restarts: this.#restarts },
        'The inference worker was lost; starting another',
      );
      this.#worker = this.#startWorker();
    }
    this.#worker.catch((error: unknown) =>
      this.#log.error({ event: 'worker.failed', err: error }, 'No inference worker'),
    );
  }

  #slot(index: number): BatchSlot {
    const buffer = this.#settings.slots[index] as SharedArrayBuffer;
    let released = false;
    return {
      bytes: new Uint8Array(buffer),
      capacity: this.maxBatch,
      imageBytes: this.#imageBytes,
      run: async (count) => {
        const worker = await this.#worker;
        const scores = await worker.run(index, count);
        this.#restarts = 0;
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
