import type { TensorFormat } from '../image/tensor-format.js';
import type { CpuReport } from './onnxruntime/cpu-settings.js';

/** How pictures are written into the slots of a backend. */
export interface SlotFormat extends TensorFormat {
  /** The graph exchanges red and blue by itself where the model wants that, so slots always hold R, G, B. */
  readonly flipsChannels: boolean;
}

/** A GPU that a backend runs on. */
export interface BackendDevice {
  /** Index among the devices that the process sees. */
  readonly index: number;
  readonly name: string;
  readonly uuid: string;
  /** Such as `8.9`. */
  readonly computeCapability: string;
  /** What runs there, such as `TensorRT-RTX 1.7.1`. */
  readonly library: string;
}

/**
 * A place for one batch under construction. Pictures are written straight into `bytes`
 * (picture i at i * imageBytes), in any order and at the same time; then `run` once.
 */
export interface BatchSlot {
  /** Room for `capacity` pictures in the tensor format of the model; may be shared with another thread. */
  readonly bytes: Uint8Array;
  /** Pictures that fit. */
  readonly capacity: number;
  /** Bytes of one picture. */
  readonly imageBytes: number;
  /** What `run` keeps busy, and servings share: `cpu`, or the uuid of a GPU. */
  readonly resource: string;
  /**
   * Runs the first `count` pictures.
   * @returns float32 [count, classes], row-major, owned by the caller
   * @throws ERR_BACKEND_RUN_FAILED, ERR_BACKEND_WORKER_LOST, ERR_GPU_LOST
   */
  run(count: number): Promise<Float32Array>;
  /** Gives the slot back; the slot must not be used afterwards. */
  release(): void;
}

/** Runs batches of one loaded model. */
export interface Backend {
  readonly kind: 'onnxruntime' | 'tensorrt';
  readonly slotFormat: SlotFormat;
  /** Slots that can be taken at once while all is well. */
  readonly slotCount: number;
  /** Of those, how many run on the same resource. */
  readonly resourceSlots: number;
  /** Batches that are best run side by side: on the CPU one a worker; on GPUs 1, as larger batches do more for them. */
  readonly workers: number;
  /** How it runs on the CPU; null on GPUs. */
  readonly cpu: CpuReport | null;
  /** GPUs that batches are run on just now; empty on the CPU. */
  readonly devices: readonly BackendDevice[];
  /** Most pictures per batch. */
  readonly maxBatch: number;
  /** Sizes of batches that run without rows to spare, ascending; the last is `maxBatch`. Others run as the next larger. */
  readonly batchSizes: readonly number[];
  /** Scores per picture. */
  readonly classes: number;
  /** Whether batches can be run just now; not while all GPUs are lost and their engines are loaded again. */
  readonly available: boolean;
  /** The next free slot; waits while all are taken. Rejects with ERR_SERVING_CLOSED after close(), or once all has failed. */
  acquire(): Promise<BatchSlot>;
  /** Lets running batches finish, then frees everything. Idempotent. */
  close(): Promise<void>;
}
