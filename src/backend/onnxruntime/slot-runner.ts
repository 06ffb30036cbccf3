import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { fromFloat16Bits } from '../../image/float16.js';
import { imageBytesOf } from './worker-graph.js';
import type { WorkerGraph, WorkerSettings } from './worker-protocol.js';

function tensorOver(buffer: ArrayBuffer, images: number, { dtype, imageShape }: WorkerGraph): Tensor {
  const dims = [images, ...imageShape];
  const elements = dims.reduce((product, size) => product * size, 1);
  switch (dtype) {
    case 'float32':
      return new Tensor('float32', new Float32Array(buffer, 0, elements), dims);
    case 'float16':
      return new Tensor('float16', new Uint16Array(buffer, 0, elements), dims);
    case 'uint8':
      return new Tensor('uint8', new Uint8Array(buffer, 0, elements), dims);
  }
}

/** Runs what lies in slots through a session. */
export class SlotRunner {
  readonly #session: InferenceSession;
  readonly #settings: WorkerSettings;
  readonly #imageBytes: number;
  /**
   * What tensors are made over: onnxruntime-node 1.30 refuses them over shared memory ("Invalid argument"), so pictures
   * are copied out of the slot. One buffer does for all runs, as `run` reads its input before it returns.
   */
  readonly #input: ArrayBuffer;

  constructor(session: InferenceSession, settings: WorkerSettings) {
    this.#session = session;
    this.#settings = settings;
    this.#imageBytes = imageBytesOf(settings);
    this.#input = new ArrayBuffer(settings.slots[0]?.byteLength ?? 0);
  }

  /** Scores of the first `count` pictures of a slot, [count, classes]. */
  async run(slot: number, count: number): Promise<Float32Array<ArrayBuffer>> {
    const { slots, classes, fixedBatch, inputName, outputName } = this.#settings;
    const buffer = slots[slot];
    if (buffer === undefined) throw new Error(`There is no slot ${slot}.`);
    const scores = new Float32Array(count * classes);
    const step = fixedBatch ?? count;
    for (let first = 0; first < count; first += step) {
      // A graph with a fixed batch always runs whole; what lies in the rows beyond `count` is ignored.
      const results = await this.#session.run({ [inputName]: this.#inputTensor(buffer, first, step) }, [outputName]);
      const output = results[outputName];
      if (output === undefined) throw new Error(`The graph gave no output "${outputName}".`);
      const values = toFloat32(output);
      if (values.length !== step * classes) {
        throw new Error(`The output has shape [${output.dims.join(', ')}], ${step} x ${classes} scores were expected.`);
      }
      const kept = Math.min(step, count - first);
      scores.set(values.subarray(0, kept * classes), first * classes);
      output.dispose();
    }
    return scores;
  }

  #inputTensor(slot: SharedArrayBuffer, firstImage: number, images: number): Tensor {
    const bytes = images * this.#imageBytes;
    new Uint8Array(this.#input).set(new Uint8Array(slot, firstImage * this.#imageBytes, bytes));
    return tensorOver(this.#input, images, this.#settings);
  }
}

/** Scores of one output tensor as float32; float16 arrives as Uint16Array bits. */
function toFloat32(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  if (tensor.type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, fromFloat16Bits);
  throw new Error(`The output has type ${tensor.type}; float32 or float16 was expected.`);
}
