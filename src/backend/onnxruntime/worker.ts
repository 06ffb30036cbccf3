/**
 * Entry of the inference worker: owns one onnxruntime session. `run` of onnxruntime-node blocks the thread
 * it is called on, so it is never called on the main one. The worker ends only when told to ('close'):
 * terminating a thread inside `run` would abort the whole process.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { messageOf } from '../../errors/hornet-error.js';
import { fromFloat16Bits } from '../../image/float16.js';
import { bytesPerElement } from '../../image/tensor-format.js';
import type { WorkerReply, WorkerRequest, WorkerSettings } from './worker-protocol.js';

// Where JavaScript has a Float16Array (Node 24), onnxruntime-node 1.30 insists on it for float16 tensors, but its native
// half does not know the type ("not enough space: expected 301056, got 0"). Without it, bits in a Uint16Array work.
Reflect.deleteProperty(globalThis, 'Float16Array');

const settings = workerData as WorkerSettings;
const imageElements = settings.imageShape.reduce((product, size) => product * size, 1);
const imageBytes = imageElements * bytesPerElement[settings.dtype];

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
const port = parentPort;
const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

/**
 * The pictures as a tensor, copied out of the shared slot: onnxruntime-node 1.30 refuses tensors over shared
 * memory ("Invalid argument").
 */
function inputTensor(buffer: SharedArrayBuffer, firstImage: number, images: number): Tensor {
  const bytes = new Uint8Array(images * imageBytes);
  bytes.set(new Uint8Array(buffer, firstImage * imageBytes, bytes.length));
  const dims = [images, ...settings.imageShape];
  switch (settings.dtype) {
    case 'float32':
      return new Tensor('float32', new Float32Array(bytes.buffer), dims);
    case 'float16':
      return new Tensor('float16', new Uint16Array(bytes.buffer), dims);
    case 'uint8':
      return new Tensor('uint8', bytes, dims);
  }
}

/** Scores of one output tensor as float32; float16 arrives as Uint16Array bits. */
function toFloat32(tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  if (tensor.type === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, fromFloat16Bits);
  throw new Error(`The output has type ${tensor.type}; float32 or float16 was expected.`);
}

async function runSlot(session: InferenceSession, slot: number, count: number): Promise<Float32Array<ArrayBuffer>> {
  const buffer = settings.slots[slot];
  if (buffer === undefined) throw new Error(`There is no slot ${slot}.`);
  const scores = new Float32Array(count * settings.classes);
  const step = settings.fixedBatch ?? count;
  for (let first = 0; first < count; first += step) {
    // A graph with a fixed batch always runs whole; what lies in the rows beyond `count` is ignored.
    const results = await session.run({ [settings.inputName]: inputTensor(buffer, first, step) }, [
      settings.outputName,
    ]);
    const output = results[settings.outputName];
    if (output === undefined) throw new Error(`The graph gave no output "${settings.outputName}".`);
    const values = toFloat32(output);
    if (values.length !== step * settings.classes) {
      throw new Error(
        `The output has shape [${output.dims.join(', ')}], ${step} x ${settings.classes} scores were expected.`,
      );
    }
    const kept = Math.min(step, count - first);
    scores.set(values.subarray(0, kept * settings.classes), first * settings.classes);
    output.dispose();
  }
  return scores;
}

async function main(): Promise<void> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(settings.onnxPath, {
      executionProviders: ['cpu'],
      intraOpNumThreads: settings.threads,
      interOpNumThreads: 1,
      // Spinning threads would take the cores that decoding and the HTTP side need.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    reply({ type: 'load-failed', message: messageOf(error) });
    port.close();
    return;
  }
  // One after another: onnxruntime-node starts a run in a later turn of the event loop, so the message that
  // ends the worker could overtake it.
  let last: Promise<void> = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    if (request.type === 'close') {
      last = last.then(() => session.release()).finally(() => port.close());
      return;
    }
    last = last
      .then(() => runSlot(session, request.slot, request.count))
      .then(
        (scores) => reply({ type: 'done', id: request.id, scores }, [scores.buffer]),
        (error: unknown) => reply({ type: 'failed', id: request.id, message: messageOf(error) }),
      );
  });
  reply({ type: 'loaded' });
}

void main();
