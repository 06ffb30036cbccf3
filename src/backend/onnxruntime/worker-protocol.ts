import type { TensorFormat } from '../../image/tensor-format.js';

/** A graph as a worker loads and runs it. */
export interface WorkerGraph {
  readonly onnxPath: string;
  /** Whether the file holds what onnxruntime's optimisation has made of the graph; it is not optimised again then. */
  readonly optimised: boolean;
  readonly inputName: string;
  readonly outputName: string;
  readonly dtype: TensorFormat['dtype'];
  /** Shape of one picture as the graph wants it, e.g. [3, 224, 224]. */
  readonly imageShape: readonly number[];
  /** Images per run where the graph fixes it, else null. */
  readonly fixedBatch: number | null;
  readonly classes: number;
}

/** What the inference worker is started with . */
export interface WorkerSettings extends WorkerGraph {
  /** Of the session. */
  readonly threads: number;
  /** Added to the niceness of the worker and of the threads of its session, 0 to 19; Linux only. */
  readonly nice: number;
  /** Buffers of equal size with room for whole batches. All workers of a backend have all of them. */
  readonly slots: readonly SharedArrayBuffer[];
}

/** A session without the slots that it will run. */
export type SessionSettings = Omit<WorkerSettings, 'slots'>;

/** Main thread to worker. */
export type WorkerRequest =
  /** Before `load`: what that will probably ask for, so that it can be made meanwhile. */
  | { readonly type: 'expect'; readonly session: SessionSettings }
  /** Once. */
  | { readonly type: 'load'; readonly settings: WorkerSettings }
  | { readonly type: 'run'; readonly id: number; readonly slot: number; readonly count: number }
  | { readonly type: 'close' };

/** Worker to main thread. `scores` is [count, classes]. */
export type WorkerReply =
  | { readonly type: 'loaded' }
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'done'; readonly id: number; readonly scores: Float32Array }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
