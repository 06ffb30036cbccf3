import type { Backend } from '../backend/backend.js';
import type { CpuSettings } from '../backend/onnxruntime/cpu-settings.js';
import { bytesPerElement } from '../image/tensor-format.js';
import type { ClassifierModel, Dtype } from '../model/classifier-model.js';
import { modelFileBytes } from '../model/model-file-bytes.js';

/**
 * A worker thread with onnxruntime and an empty graph; measured: 12 MB.
 * All of this was measured with onnxruntime-node 1.30 on Linux (bench/resident-memory.mjs) as the growth of the resident
 * set from before loading to after six full batches, with ResNet-50, a small MobileNet and SqueezeNet.
 */
const workerBytes = 16e6;

/**
 * onnxruntime keeps the parsed file beside the weights as its kernels want them, and what was freed of a third copy is
 * not always given back. Measured: 2.4 to 2.8 times the weights as float32.
 */
const bytesPerWeightByte = 2.8;

/**
 * Of a prepared model the workers share the weights, which are mapped from the file. Measured of what each has besides:
 * 0.1 for ResNet-50.
 */
const bytesPerMappedByte = 0.3;

/** What half floats become on the CPU, which computes in float32. */
const floatsPerHalf = 2;
const halfDtypes: ReadonlySet<Dtype> = new Set(['fp16', 'q4f16']);

/**
 * Tensors between the layers, per byte of a picture as float32. Measured: 36 for ResNet-50, 18 for the MobileNet, 5 for
 * SqueezeNet.
 */
const bytesPerInputByte = 36;

/** One batch runs while the next is filled, and the worker has a copy of the one that runs. */
const batchesHeld = 3;

/** How a model is run on the CPU, as far as memory is concerned. */
export interface CpuResidence extends Pick<CpuSettings, 'batch' | 'workers'> {
  /** Its weights are mapped from the file that was prepared. */
  readonly isPrepared: boolean;
}

/**
 * What a loaded model will take of memory, in bytes, before it is loaded: an upper bound for convolutional networks
 * such as those that it was measured with, wrong by up to a factor of three for small ones. On a GPU: the weights and
 * the pinned memory of the slots; what TensorRT needs besides is the GPU's.
 * @throws what stat throws, for files that have gone since the model was read
 */
export async function estimateResidentBytes(
  model: ClassifierModel,
  backend: Backend['kind'],
  maxBatch: number,
  cpu: CpuResidence = { batch: maxBatch, workers: 1, isPrepared: false },
): Promise<number> {
  const { graph, imageSize, dtype } = model;
  const weightBytes = await modelFileBytes(model);
  const pixels = 3 * imageSize.width * imageSize.height;
  // A graph with a fixed batch runs whole steps of it.
  const step = graph.input.batch ?? 1;
  const images = Math.ceil((backend === 'tensorrt' ? maxBatch : cpu.batch) / step) * step;
  if (backend === 'tensorrt') return weightBytes + batchesHeld * images * pixels;
  const expanded = weightBytes * (halfDtypes.has(dtype) ? floatsPerHalf : 1);
  const slotBytes = batchesHeld * images * pixels * bytesPerElement[graph.input.format.dtype];
  const activationBytes = bytesPerInputByte * images * pixels * bytesPerElement.float32;
  const perWorker = workerBytes + slotBytes + activationBytes;
  if (!cpu.isPrepared) return Math.ceil(cpu.workers * (perWorker + bytesPerWeightByte * expanded));
  return Math.ceil(expanded + cpu.workers * (perWorker + bytesPerMappedByte * expanded));
}
