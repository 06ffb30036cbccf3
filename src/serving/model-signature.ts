import type { Backend, BackendDevice } from '../backend/backend.js';
import { bytesPerElement, type TensorFormat } from '../image/tensor-format.js';
import type { ClassifierModel } from '../model/classifier-model.js';

/** Element types of tensors that a model may take, by their names in the Open Inference Protocol. */
export type TensorDatatype = 'FP32' | 'FP16' | 'UINT8';

const datatypes: Readonly<Record<TensorFormat['dtype'], TensorDatatype>> = {
  float32: 'FP32',
  float16: 'FP16',
  uint8: 'UINT8',
};

/** What a loaded model takes and gives, and how it runs. */
export interface ModelSignature {
  /** The tensor that batches are made of: on a GPU pixels, on the CPU mostly normalized numbers. */
  readonly input: {
    /** As the model's own graph calls it, whatever it runs on. */
    readonly name: string;
    readonly datatype: TensorDatatype;
    /** Of one picture, without the batch: such as [3, 224, 224], or [224, 224, 3] on a GPU. */
    readonly shape: readonly number[];
    /** Bytes of one picture. */
    readonly imageBytes: number;
  };
  /** Scores as float32, `classes` for each picture, as the graph gives them. */
  readonly output: { readonly name: string; readonly classes: number };
  /** One for each class. */
  readonly labels: readonly string[];
  readonly backend: Backend['kind'];
  /** GPUs that it runs on just now; empty on the CPU. */
  readonly devices: readonly BackendDevice[];
  /** Batches that may be under way on each device. */
  readonly slotsPerDevice: number;
  /** Batches that run side by side on the CPU. */
  readonly workers: number;
  /** Most pictures that run together. */
  readonly maxBatch: number;
  /** Sizes that run without rows to spare, ascending. */
  readonly batchSizes: readonly number[];
  /** How long a picture may wait for others, ms. */
  readonly maxDelayMs: number;
}

/** The signature of a model on a backend. */
export function signatureOf(
  model: Pick<ClassifierModel, 'graph' | 'imageSize' | 'labels'>,
  backend: Backend,
  maxDelayMs: number,
): ModelSignature {
  const { dtype, layout } = backend.slotFormat;
  const { width, height } = model.imageSize;
  return {
    input: {
      name: model.graph.input.name,
      datatype: datatypes[dtype],
      shape: layout === 'NCHW' ? [3, height, width] : [height, width, 3],
      imageBytes: 3 * height * width * bytesPerElement[dtype],
    },
    output: { name: model.graph.output.name, classes: backend.classes },
    labels: model.labels,
    backend: backend.kind,
    get devices() {
      return backend.devices;
    },
    slotsPerDevice: backend.resourceSlots,
    workers: backend.workers,
    maxBatch: backend.maxBatch,
    batchSizes: backend.batchSizes,
    maxDelayMs,
  };
}
