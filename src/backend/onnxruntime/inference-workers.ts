import { HornetError } from '../../errors/hornet-error.js';
import type { Logger } from '../../logging/create-logger.js';
import { SlotPool } from '../slot-pool.js';
import { InferenceWorker } from './inference-worker.js';
import type { WorkerSettings } from './worker-protocol.js';

/** What {@link InferenceWorkers} work with. */
export interface InferenceWorkersParts {
  /** Of each worker. */
  readonly settings: WorkerSettings;
  readonly workers: number;
  readonly log: Logger;
  /** Called once, when no worker is left and none is started again. */
  readonly onFailed: (error: HornetError) => void;
  /** Another worker script, for tests. */
  readonly entry: URL | undefined;
}

/** Where a worker is, and after it was lost another one. */
interface Place {
  worker: InferenceWorker | undefined;
  /** Losses and failed starts since a batch last succeeded here. */
  losses: number;
  gone: boolean;
}

/** Workers that may be lost in one place, or fail to start, without a batch having succeeded in between. */
const maxLosses = 5;

/**
 * Inference workers side by side, each of which runs one batch at a time. A batch goes to a worker that is idle, so one
 * that is lost costs the batch in it and no other; it is replaced while the others go on.
 */
export class InferenceWorkers {
  readonly #parts: InferenceWorkersParts;
  readonly #places: readonly Place[];
  readonly #idle = new SlotPool<{ readonly worker: InferenceWorker; readonly place: Place }>();
  readonly #runs = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  private constructor(parts: InferenceWorkersParts) {
    this.#parts = parts;
    this.#places = Array.from({ length: parts.workers }, () => ({ worker: undefined, losses: 0, gone: false }));
  }

  /**
   * Starts all of them at once.
   * @throws ERR_BACKEND_LOAD_FAILED, ERR_BACKEND_WORKER_LOST where one cannot load the model
   */
  static async start(parts: InferenceWorkersParts): Promise<InferenceWorkers> {
    const workers = new InferenceWorkers(parts);
    const starts = await Promise.allSettled(workers.#places.map((place) => workers.#start(place)));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed === undefined) return workers;
    await workers.close();
    throw failed.reason;
  }

  /** Those that run batches, or are about to. */
  get count(): number {
    return this.#places.filter(({ gone }) => !gone).length;
  }

  /**
   * Runs the first `count` pictures of a slot in the next worker that is idle.
   * @returns [count, classes]
   * @throws ERR_BACKEND_RUN_FAILED, ERR_BACKEND_WORKER_LOST, ERR_SERVING_CLOSED
   */
  run(slot: number, count: number): Promise<Float32Array> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const run = this.#run(slot, count).finally(() => this.#runs.delete(run));
    this.#runs.add(run);
    return run;
  }

  /** Lets all runs finish, then ends the threads. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      await Promise.allSettled(this.#runs);
      await Promise.all(this.#places.map(({ worker }) => worker?.close()));
    })();
    return this.#closing;
  }

  async #run(slot: number, count: number): Promise<Float32Array> {
    const { slot: taken, release } = await this.#idle.take();
    try {
      const scores = await taken.worker.run(slot, count);
      taken.place.losses = 0;
      return scores;
    } finally {
      release();
    }
  }

  async #start(place: Place): Promise<void> {
    let leave: (() => void) | undefined;
    const onLost = (): void => {
      // Before it is loaded, whoever waits for that is told.
      if (leave === undefined) return;
      leave();
      this.#replace(place);
    };
    const worker = new InferenceWorker(this.#parts.settings, onLost, this.#parts.entry);
    place.worker = worker;
    await worker.loaded();
    const group = this.#idle.join([{ worker, place }]);
    leave = () => void this.#idle.leave(group);
  }

  /** A worker can lose its heap or throw; another one takes its place, until that has failed too often in a row. */
  #replace(place: Place): void {
    const { log } = this.#parts;
    place.losses++;
    if (this.#closing !== undefined || place.losses > maxLosses) {
      this.#giveUp(place);
      return;
    }
    log.warn({ event: 'worker.replaced', losses: place.losses }, 'The inference worker was lost; starting another');
    this.#start(place).catch((error: unknown) => {
      log.warn({ event: 'worker.failed', err: error }, 'The new inference worker could not start');
      this.#replace(place);
    });
  }

  #giveUp(place: Place): void {
    const { log, onFailed } = this.#parts;
    place.gone = true;
    const message = `The inference worker was lost ${place.losses} times in a row and is not started again.`;
    const error = new HornetError('ERR_BACKEND_WORKER_LOST', message);
    if (this.count === 0) this.#idle.close(error);
    if (this.#closing !== undefined) return;
    if (this.count === 0) onFailed(error);
    else log.error({ event: 'worker.gone', workers: this.count, err: error }, `${message} The others go on.`);
  }
}

/** Of what is asked of a backend that was closed. */
export function closedError(): HornetError {
  return new HornetError('ERR_SERVING_CLOSED', 'The backend was closed.');
}
