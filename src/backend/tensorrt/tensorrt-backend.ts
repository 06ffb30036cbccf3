import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '../../errors/error-registry.js';
import { HornetError, toHornetError } from '../../errors/hornet-error.js';
import type { LibrarySettings } from '../../gpu/library-search.js';
import { type Logger, silentLogger } from '../../logging/create-logger.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { GpuAddon } from '../../native/tensorrt-types.js';
import type { Backend, BackendDevice, BatchSlot, SlotFormat } from '../backend.js';
import { SlotPool } from '../slot-pool.js';
import {
  backendDevice,
  batchSizesOf,
  type EnginePlacement,
  type EngineTuning,
  maxBatchOf,
  nativeEngineOptions,
} from './engine-placement.js';
import { defaultHangMs, GpuEngine, type GpuSlot } from './gpu-engine.js';
import { loadNativeEngine } from './load-native-engine.js';

/** Options of {@link TensorRtBackend.load}. */
export interface TensorRtOptions extends Partial<EngineTuning> {
  readonly addon: GpuAddon;
  readonly libraries: LibrarySettings;
  readonly log?: Logger;
  /** Aborting cancels the loading. */
  readonly signal?: AbortSignal;
  /** Called when the last GPU was lost for good: every run fails from then on. */
  readonly onFailed?: (error: HornetError) => void;
  /** Called when no GPU runs any more, and when one runs again. */
  readonly onAvailable?: (available: boolean) => void;
  /** For tests: how it waits before a lost engine is loaded again. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** After this long a batch counts as hanging in its GPU, ms, default {@link defaultHangMs}. */
  readonly hangMs?: number;
}

/** While one batch runs, the next one is filled. */
const defaultSlots = 2;

/** Failures of an engine rather than of one GPU: the others would not make up for it. */
const engineFailures: ReadonlySet<ErrorCode> = new Set([
  'ERR_ENGINE_DAMAGED',
  'ERR_TENSORRT_LOAD_FAILED',
  'ERR_TENSORRT_UNAVAILABLE',
  'ERR_NATIVE_ARGUMENT',
]);

/** What TensorRT gets: the prepared graph scales, normalises and exchanges channels by itself. */
const slotFormat: SlotFormat = { dtype: 'uint8', layout: 'NHWC', flipsChannels: true };

/** Runs a model on one or several GPUs, whose slots form one pool. */
export class TensorRtBackend implements Backend {
  readonly kind = 'tensorrt';
  readonly slotFormat = slotFormat;
  readonly slotCount: number;
  readonly resourceSlots: number;
  readonly workers = 1;
  readonly cpu = null;
  readonly maxBatch: number;
  readonly batchSizes: readonly number[];
  readonly classes: number;
  readonly #imageBytes: number;
  readonly #pool = new SlotPool<GpuSlot>();
  readonly #gpus: readonly GpuEngine[];
  readonly #log: Logger;
  readonly #onFailed: (error: HornetError) => void;
  readonly #onAvailable: (available: boolean) => void;
  #wasAvailable = false;
  #closing: Promise<void> | undefined;

  private constructor(model: ClassifierModel, placements: readonly EnginePlacement[], options: TensorRtOptions) {
    const { addon, libraries, log = silentLogger, slots = defaultSlots, graphs = true } = options;
    const { sleep = (ms, signal) => delay(ms, undefined, { signal }), hangMs = defaultHangMs } = options;
    const imageBytes = 3 * model.imageSize.width * model.imageSize.height;
    this.#imageBytes = imageBytes;
    this.classes = model.labels.length;
    this.maxBatch = Math.max(...placements.map(({ engine }) => maxBatchOf(engine)));
    this.batchSizes = placements.map(({ engine }) => batchSizesOf(engine)).sort((a, b) => b.length - a.length)[0] ?? [];
    this.resourceSlots = slots;
    this.slotCount = slots * placements.length;
    this.#log = log;
    this.#onFailed = options.onFailed ?? (() => {});
    this.#onAvailable = options.onAvailable ?? (() => {});
    this.#gpus = placements.map(
      (placement) =>
        new GpuEngine({
          device: backendDevice(placement),
          load: (signal) => {
            const native = nativeEngineOptions(model, placement, { slots, graphs }, libraries);
            return loadNativeEngine(addon, native, { log, signal, imageBytes });
          },
          pool: this.#pool,
          log,
          sleep,
          hangMs,
          onRunning: () => this.#tellIfAvailable(),
          onGone: (error) => this.#onGone(error),
        }),
    );
  }

  /**
   * Loads each engine onto its GPU, all at once. A GPU that fails is tried again in the background as long as another
   * one works.
   * @param placements at least one
   * @throws ERR_TENSORRT_*, ERR_ENGINE_DAMAGED, ERR_GPU_OUT_OF_MEMORY, ERR_GPU_LOST, ERR_BACKEND_RUN_FAILED;
   *   ERR_CANCELLED or the signal's own reason
   */
  static async load(
    model: ClassifierModel,
    placements: readonly EnginePlacement[],
    options: TensorRtOptions,
  ): Promise<TensorRtBackend> {
    const backend = new TensorRtBackend(model, placements, options);
    const { signal } = options;
    const abort = (): void => void backend.close();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await backend.#start();
      signal?.throwIfAborted();
      return backend;
    } catch (error) {
      await backend.close();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  get available(): boolean {
    return this.#gpus.some(({ running }) => running);
  }

  get devices(): readonly BackendDevice[] {
    return this.#gpus.filter(({ running }) => running).map(({ device }) => device);
  }

  async acquire(): Promise<BatchSlot> {
    const { slot, release } = await this.#pool.take();
    const { memory, capacity } = slot;
    return {
      bytes: memory.input,
      capacity,
      imageBytes: this.#imageBytes,
      resource: slot.device.uuid,
      run: async (count) => {
        await slot.run(count);
        return memory.scores.slice(0, count * this.classes);
      },
      release,
    };
  }

  /** Waits for slots that are taken, so that nothing writes into memory that is gone. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#pool.close(new HornetError('ERR_SERVING_CLOSED', 'The backend was closed.'));
      await Promise.all(this.#gpus.map((gpu) => gpu.close()));
    })();
    return this.#closing;
  }

  async #start(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#gpus.map((gpu) => gpu.start()));
    const failures = outcomes.flatMap((outcome, index) => {
      const gpu = this.#gpus[index];
      return outcome.status === 'rejected' && gpu !== undefined ? [{ gpu, error: toHornetError(outcome.reason) }] : [];
    });
    const [first] = failures;
    const fatal = failures.find(({ error }) => engineFailures.has(error.code));
    if (first !== undefined && (fatal !== undefined || failures.length === this.#gpus.length)) {
      throw (fatal ?? first).error;
    }
    for (const { gpu, error } of failures) gpu.recover(error);
  }

  #tellIfAvailable(): void {
    const { available } = this;
    if (available === this.#wasAvailable || this.#closing !== undefined) return;
    this.#wasAvailable = available;
    this.#onAvailable(available);
  }

  #onGone(error: HornetError): void {
    if (this.#gpus.every(({ gone }) => gone)) {
      this.#pool.close(error);
      this.#onFailed(error);
      return;
    }
    this.#log.error({ event: 'gpu.gone', code: error.code, err: error }, `${error.message} The other GPUs go on.`);
  }
}
