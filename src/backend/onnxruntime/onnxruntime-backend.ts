import type { HornetError } from '../../errors/hornet-error.js';
import { type Logger, silentLogger } from '../../logging/create-logger.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { Backend, BackendDevice, BatchSlot, SlotFormat } from '../backend.js';
import { SlotPool } from '../slot-pool.js';
import { CpuRunners } from './cpu-runners.js';
import { type CpuReport, type CpuSettings, requestedCpuSettings } from './cpu-settings.js';
import { closedError } from './inference-workers.js';
import { imageBytesOf, wholeSteps, workerGraphOf } from './worker-graph.js';

/** Options of {@link OnnxRuntimeBackend.load}. */
export interface OnnxRuntimeOptions {
  /** Default: one worker, whose session has a thread for each processor, and batches of 4. */
  readonly settings?: Omit<CpuSettings, 'loneThreads'> & Partial<CpuReport>;
  /** By how much the threads of inference give way to others, 0 to 19, default 0; Linux only. */
  readonly nice?: number;
  /** The model's graph as onnxruntime has optimised it, in a file that is loaded instead of the model's. */
  readonly graph?: { readonly path: string };
  readonly log?: Logger;
  /** Called when workers keep dying and the backend has given up: every run fails from then on. */
  readonly onFailed?: (error: HornetError) => void;
  /** Another worker script, for tests. */
  readonly workerEntry?: URL;
}

/** While a worker runs one batch, the next one is filled. */
const slotsPerWorker = 2;

/** Runs a model on the CPU, in worker threads of which each owns an onnxruntime session. */
export class OnnxRuntimeBackend implements Backend {
  readonly kind = 'onnxruntime';
  readonly slotFormat: SlotFormat;
  readonly slotCount: number;
  readonly resourceSlots: number;
  /** A worker that was lost is replaced at once. */
  readonly available = true;
  readonly devices: readonly BackendDevice[] = [];
  readonly cpu: CpuReport;
  readonly maxBatch: number;
  readonly batchSizes: readonly number[];
  readonly classes: number;
  readonly #imageBytes: number;
  readonly #slots = new SlotPool<{ readonly index: number; readonly bytes: Uint8Array }>();
  readonly #workers: CpuRunners;
  #closing: Promise<void> | undefined;

  private constructor(
    { graph, labels }: ClassifierModel,
    buffers: readonly SharedArrayBuffer[],
    imageBytes: number,
    cpu: CpuReport,
    workers: CpuRunners,
  ) {
    const step = graph.input.batch ?? 1;
    this.slotFormat = { ...graph.input.format, flipsChannels: false };
    this.slotCount = buffers.length;
    this.resourceSlots = buffers.length;
    this.cpu = cpu;
    this.maxBatch = cpu.batch;
    this.batchSizes = Array.from({ length: cpu.batch / step }, (_, index) => (index + 1) * step);
    this.classes = labels.length;
    this.#imageBytes = imageBytes;
    this.#workers = workers;
    this.#slots.join(buffers.map((buffer, index) => ({ index, bytes: new Uint8Array(buffer) })));
  }

  /**
   * Loads the model into new workers.
   * @throws ERR_BACKEND_LOAD_FAILED when onnxruntime refuses the model, ERR_BACKEND_WORKER_LOST
   */
  static async load(model: ClassifierModel, options: OnnxRuntimeOptions = {}): Promise<OnnxRuntimeBackend> {
    const { log = silentLogger, onFailed = () => {}, nice = 0, workerEntry: entry } = options;
    const { settings: chosen = requestedCpuSettings({ threads: 0, workers: 0, maxBatch: 4 }) } = options;
    const { threads, workers, batch, loneThreads = 0, measured = false } = chosen;
    const graph = workerGraphOf(model, options.graph);
    const cpu = { threads, workers, batch: wholeSteps(graph, batch), loneThreads, measured };
    const imageBytes = imageBytesOf(graph);
    // Any worker can run any slot: a batch is not bound to a worker that turns out to be busy when its turn has come.
    const slots = Array.from({ length: slotsPerWorker * workers }, () => new SharedArrayBuffer(cpu.batch * imageBytes));
    const started = await CpuRunners.start({ cpu, settings: { ...graph, nice, slots }, log, onFailed, entry });
    log.info(
      { event: 'backend.loaded', cpu, nice },
      `Runs batches of up to ${cpu.batch} on the CPU, ${workers} side by side, with ${threads} threads each` +
        `${loneThreads === 0 ? '' : `, and with ${loneThreads} what comes alone`} ` +
        `(${measured ? 'measured' : 'not measured'})`,
    );
    return new OnnxRuntimeBackend(model, slots, imageBytes, cpu, started);
  }

  get workers(): number {
    // Where none is left, runs are to fail, not to wait.
    return Math.max(1, this.#workers.count);
  }

  async acquire(): Promise<BatchSlot> {
    const { slot, release } = await this.#slots.take();
    return {
      bytes: slot.bytes,
      capacity: this.maxBatch,
      imageBytes: this.#imageBytes,
      resource: 'cpu',
      run: (count) => this.#workers.run(slot.index, count),
      release,
    };
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#slots.close(closedError());
      await this.#workers.close();
    })();
    return this.#closing;
  }
}
