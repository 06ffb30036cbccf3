import { HornetError, toHornetError } from '../../errors/hornet-error.js';
import type { Logger } from '../../logging/create-logger.js';
import { fromNativeError } from '../../native/native-error.js';
import type { NativeEngine, NativeEngineSlot } from '../../native/tensorrt-types.js';
import { within } from '../../timing/within.js';
import type { BackendDevice } from '../backend.js';
import type { SlotGroup, SlotPool } from '../slot-pool.js';

/** A slot of the pool. */
export interface GpuSlot {
  readonly device: BackendDevice;
  readonly memory: NativeEngineSlot;
  /** Pictures that fit. */
  readonly capacity: number;
  /** Runs the first `count` pictures; resolves when their scores are in `memory`. */
  run(count: number): Promise<void>;
}

/** What a {@link GpuEngine} works with. */
export interface GpuEngineParts {
  readonly device: BackendDevice;
  readonly load: (signal: AbortSignal) => Promise<NativeEngine>;
  readonly pool: SlotPool<GpuSlot>;
  readonly log: Logger;
  /** Waits, or rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** After this long a batch does not come back any more, and neither does what frees the engine, ms. */
  readonly hangMs: number;
  /** Called when `running` has changed. */
  readonly onRunning: () => void;
  /** Called once, when the engine was lost and could not be loaded again. */
  readonly onGone: (error: HornetError) => void;
}

interface Loaded {
  readonly native: NativeEngine;
  readonly group: SlotGroup<GpuSlot>;
}

/** Waits before the engine is loaded again, ms; when all have been in vain, and no batch has run since, it is over. */
export const reloadDelaysMs: readonly number[] = [500, 2000, 5000, 10_000, 30_000];

/** Far more than a batch takes, also where kernels are compiled for the first one. */
export const defaultHangMs = 120_000;

/** Batches in a row that may fail before the engine itself is taken for broken. */
const maxFailures = 3;

/**
 * The engine on one GPU. When the GPU or the engine is lost, the batches in it fail, its slots leave the pool, and it is
 * loaded again; meanwhile the other GPUs go on.
 */
export class GpuEngine {
  readonly device: BackendDevice;
  readonly #parts: GpuEngineParts;
  readonly #stop = new AbortController();
  #loaded: Loaded | undefined;
  /** What goes on since the engine was lost. */
  #recovery: Promise<void> | undefined;
  #failures = 0;
  #tries = 0;
  #gone = false;
  #closing: Promise<void> | undefined;

  constructor(parts: GpuEngineParts) {
    this.device = parts.device;
    this.#parts = parts;
  }

  /** Its slots are in the pool. */
  get running(): boolean {
    return this.#loaded !== undefined;
  }

  /** It is lost, and not loaded again any more. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Loads the engine and adds its slots to the pool. @throws what `load` throws */
  async start(): Promise<void> {
    const native = await this.#parts.load(this.#stop.signal);
    if (this.#stop.signal.aborted) {
      await native.close();
      return;
    }
    const slots = native.slots.map(
      (memory, index): GpuSlot => ({
        device: this.device,
        memory,
        capacity: native.maxBatch,
        run: (count) => this.#run(native, index, count),
      }),
    );
    this.#loaded = { native, group: this.#parts.pool.join(slots) };
    this.#parts.onRunning();
  }

  /** Loads it again after `cause`, in the background. */
  recover(cause: HornetError): void {
    this.#recovery = this.#recover(cause);
  }

  /** Waits until its slots have been given back, then frees everything. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#stop.abort();
      await this.#recovery;
      await this.#unload();
    })();
    return this.#closing;
  }

  async #run(native: NativeEngine, slot: number, count: number): Promise<void> {
    try {
      await this.#back(native.run(slot, count));
    } catch (cause) {
      const error = toHornetError(fromNativeError(cause));
      this.#failures++;
      // Several batches may be in an engine that is lost; the first one to say so counts.
      const isOver = error.code === 'ERR_GPU_LOST' || this.#failures >= maxFailures;
      if (isOver && this.#loaded?.native === native) this.recover(error);
      throw error;
    }
    this.#failures = 0;
    this.#tries = 0;
  }

  /** @throws ERR_GPU_LOST for a run that does not come back */
  #back(run: Promise<void>): Promise<void> {
    const { hangMs } = this.#parts;
    // Where the process itself has stood still, its timers come first, and what has come back meanwhile after them.
    return within(hangMs, run, () =>
      within(hangMs / 100, run, () => {
        const message = `A batch has not come back from ${this.#where} within ${hangMs / 1000} s.`;
        throw new HornetError('ERR_GPU_LOST', message);
      }),
    );
  }

  get #where(): string {
    return `GPU ${this.device.index} (${this.device.name})`;
  }

  async #recover(loss: HornetError): Promise<void> {
    const { log, sleep, hangMs } = this.#parts;
    const { signal } = this.#stop;
    const where = this.#where;
    const fields = { event: 'gpu.lost', device: this.device, code: loss.code, err: loss };
    log.error(fields, `The engine on ${where} is lost: ${loss.message} It is loaded again.`);
    let cause = loss;
    const freed = this.#unload().then(() => true);
    if (!(await within(hangMs, freed, () => false))) {
      this.#giveUp(cause, 'it cannot be freed');
      return;
    }
    while (!signal.aborted) {
      const waitMs = reloadDelaysMs[this.#tries++];
      if (waitMs === undefined) {
        this.#giveUp(cause, `it was loaded ${reloadDelaysMs.length} times in vain`);
        return;
      }
      try {
        await sleep(waitMs, signal);
        await this.start();
        this.#failures = 0;
        if (this.running)
          log.info({ event: 'gpu.recovered', device: this.device }, `The engine on ${where} runs again`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        cause = toHornetError(error);
        log.warn(
          { event: 'gpu.reload-failed', device: this.device, tries: this.#tries, code: cause.code, err: error },
          `The engine on ${where} could not be loaded again: ${cause.message}`,
        );
      }
    }
  }

  #giveUp({ code, message, remedy }: HornetError, why: string): void {
    this.#gone = true;
    const text = `The engine on ${this.#where} is lost for good, because ${why}: ${message}`;
    this.#parts.onGone(new HornetError(code, text, { remedy }));
  }

  /** Pictures may still be on their way into slots, whose memory goes with the engine: they are waited for. */
  async #unload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    if (loaded === undefined) return;
    this.#parts.onRunning();
    await this.#parts.pool.leave(loaded.group);
    await loaded.native.close();
  }
}
