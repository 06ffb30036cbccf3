import type { Worker } from 'node:worker_threads';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import { takeWorkerThread } from './spare-worker.js';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './worker-protocol.js';

interface PendingRun {
  readonly resolve: (scores: Float32Array) => void;
  readonly reject: (error: HornetError) => void;
}

/** The main thread's end of one inference worker. */
export class InferenceWorker {
  /** Resolves when the thread is gone, however it went. */
  readonly exited: Promise<void>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, PendingRun>();
  readonly #loaded: Promise<void>;
  readonly #onLost: () => void;
  #nextId = 0;
  #lost: HornetError | undefined;

  /**
   * @param onLost called once when the thread died without having been told to, before its runs are rejected
   * @param entry another worker script, for tests that need a worker that misbehaves
   */
  constructor(settings: WorkerSettings, onLost: () => void, entry?: URL) {
    this.#onLost = onLost;
    this.#worker = takeWorkerThread(settings, entry);
    this.#loaded = new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: WorkerReply) => {
        if (reply.type === 'loaded') resolve();
        else if (reply.type === 'load-failed') {
          reject(
            new HornetError(
              'ERR_BACKEND_LOAD_FAILED',
              `onnxruntime could not load the model: ${sentenceEnd(reply.message)}`,
            ),
          );
        } else this.#settle(reply);
      });
      this.#worker.on('error', (error) => {
        this.#lose(messageOf(error));
        reject(this.#lost);
      });
      this.#worker.on('exit', (code) => {
        this.#lose(`it exited with code ${code}`);
        reject(this.#lost);
      });
    });
    // A worker lost after loading has nobody waiting on this promise any more.
    this.#loaded.catch(() => {});
    this.exited = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
  }

  /** Resolves when the session is ready. @throws ERR_BACKEND_LOAD_FAILED, ERR_BACKEND_WORKER_LOST */
  loaded(): Promise<void> {
    return this.#loaded;
  }

  /** @throws ERR_BACKEND_RUN_FAILED, ERR_BACKEND_WORKER_LOST */
  run(slot: number, count: number): Promise<Float32Array> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#post({ type: 'run', id, slot, count });
    });
  }

  /** Lets the runs already sent finish, then ends the thread; resolves when it is gone. */
  async close(): Promise<void> {
    this.#post({ type: 'close' });
    await this.exited;
  }

  #post(request: WorkerRequest): void {
    this.#worker.postMessage(request);
  }

  #settle(reply: Extract<WorkerReply, { id: number }>): void {
    const run = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.type === 'done') run?.resolve(reply.scores);
    else
      run?.reject(
        new HornetError('ERR_BACKEND_RUN_FAILED', `onnxruntime failed to run a batch: ${sentenceEnd(reply.message)}`),
      );
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = new HornetError('ERR_BACKEND_WORKER_LOST', `The inference worker was lost: ${sentenceEnd(reason)}`);
    this.#onLost();
    for (const run of this.#pending.values()) run.reject(this.#lost);
    this.#pending.clear();
  }
}

/** onnxruntime's messages end now with a full stop, now without. */
function sentenceEnd(message: string): string {
  return message.trim().replace(/\.?$/, '.');
}
