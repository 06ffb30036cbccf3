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
  /**
   * Runs the first `count` pictures.
   * @returns float32 [count, classes], row-major, owned by the caller
   * @throws ERR_BACKEND_RUN_FAILED, ERR_BACKEND_WORKER_LOST
   */
  run(count: number): Promise<Float32Array>;
  /** Gives the slot back; the slot must not be used afterwards. */
  release(): void;
}

/** Runs batches of one loaded model. */
export interface Backend {
  readonly kind: 'onnxruntime' | 'tensorrt';
  /** Most pictures per batch. */
  readonly maxBatch: number;
  /** Scores per picture. */
  readonly classes: number;
  /** The next free slot; waits while all are taken. Rejects with ERR_SERVING_CLOSED after close(). */
  acquire(): Promise<BatchSlot>;
  /** Lets running batches finish, then frees everything. Idempotent. */
  close(): Promise<void>;
}
