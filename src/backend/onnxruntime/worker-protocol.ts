import type { TensorFormat } from '../../image/tensor-format.js';

/** What the inference worker is started with (`workerData`). */
export interface WorkerSettings {
  readonly onnxPath: string;
  readonly threads: number;
  readonly inputName: string;
  readonly outputName: string;
  readonly dtype: TensorFormat['dtype'];
  /** Shape of one picture as the graph wants it, e.g. [3, 224, 224]. */
  readonly imageShape: readonly number[];
  /** Images per run where the graph fixes it, else null. */
  readonly fixedBatch: number | null;
  readonly classes: number;
  /** One buffer a slot. */
  readonly slots: readonly SharedArrayBuffer[];
}

/** Main thread to worker. */
export type WorkerRequest =
  | { readonly type: 'run'; readonly id: number; readonly slot: number; readonly count: number }
  | { readonly type: 'close' };

/** Worker to main thread. `scores` is [count, classes]. */
export type WorkerReply =
  | { readonly type: 'loaded' }
  | { readonly type: 'load-failed'; readonly message: string }
  | { readonly type: 'done'; readonly id: number; readonly scores: Float32Array }
  | { readonly type: 'failed'; readonly id: number; readonly message: string };
