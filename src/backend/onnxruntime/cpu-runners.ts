import type { CpuSettings } from './cpu-settings.js';
import { closedError, InferenceWorkers, type InferenceWorkersParts } from './inference-workers.js';
import type { WorkerSettings } from './worker-protocol.js';

/** What {@link CpuRunners} work with. */
export interface CpuRunnersParts extends Omit<InferenceWorkersParts, 'settings' | 'workers'> {
  readonly cpu: CpuSettings;
  /** Of each worker, but for its threads. */
  readonly settings: Omit<WorkerSettings, 'threads'>;
}

/**
 * The workers of a model. Where there is a lone one, it is started first and runs whatever comes while nothing else is
 * run; those that run side by side are started when there is first a second batch, so that a model that is asked now and
 * then takes the memory of one session.
 */
export class CpuRunners {
  readonly #parts: CpuRunnersParts;
  readonly #first: InferenceWorkers;
  /** Those beside the lone one: undefined while they are loaded; null where there are none, or they were lost. */
  #side: InferenceWorkers | null | undefined;
  #starting: Promise<void> | undefined;
  #running = 0;
  #closing: Promise<void> | undefined;

  private constructor(parts: CpuRunnersParts, first: InferenceWorkers) {
    this.#parts = parts;
    this.#first = first;
    this.#side = parts.cpu.loneThreads === 0 ? null : undefined;
  }

  /** @throws what InferenceWorkers.start throws */
  static async start(parts: CpuRunnersParts): Promise<CpuRunners> {
    const { cpu, settings, log, onFailed, entry } = parts;
    const [threads, workers] = cpu.loneThreads === 0 ? [cpu.threads, cpu.workers] : [cpu.loneThreads, 1];
    const common = { log, onFailed, entry };
    return new CpuRunners(
      parts,
      await InferenceWorkers.start({ ...common, settings: { ...settings, threads }, workers }),
    );
  }

  /** Batches that can be run side by side. */
  get count(): number {
    return this.#side === undefined ? this.#parts.cpu.workers : (this.#side ?? this.#first).count;
  }

  /** @throws what InferenceWorkers.run throws */
  async run(slot: number, count: number): Promise<Float32Array> {
    const workers = this.#choose();
    this.#running++;
    try {
      return await workers.run(slot, count);
    } finally {
      this.#running--;
    }
  }

  /** Lets all runs finish, then ends the threads. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.all([this.#first.close(), this.#starting]);
      await this.#side?.close();
    })();
    return this.#closing;
  }

  #choose(): InferenceWorkers {
    if (this.#closing !== undefined) throw closedError();
    if (this.#running === 0 || this.#side === null) return this.#first;
    if (this.#side === undefined) this.#starting ??= this.#startSide();
    return this.#side ?? this.#first;
  }

  async #startSide(): Promise<void> {
    const { cpu, settings, log, entry } = this.#parts;
    const { threads, workers } = cpu;
    const onFailed = (): void => {
      this.#side = null;
    };
    try {
      const side = await InferenceWorkers.start({
        settings: { ...settings, threads },
        workers,
        log,
        onFailed,
        entry,
      });
      this.#side = side;
    } catch (error) {
      this.#side = null;
      log.warn({ event: 'worker.failed', err: error }, 'Workers beside the first one could not be started: it goes on');
    }
  }
}
