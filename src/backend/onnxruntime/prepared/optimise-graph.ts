import { basename } from 'node:path';
import '../float16-tensors.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { toFloat16Bits } from '../../../image/float16.js';
import { errorSeverity, sessionOptions } from '../session-options.js';
import type { WorkerGraph } from '../worker-protocol.js';

/** Smaller tensors stay in the graph. */
const leastExternalBytes = 1024;

/** Images that both graphs are compared with. */
const comparedImages = 2;

/**
 * Has onnxruntime optimise a graph and write it down, then holds the outputs of what was written against those of the
 * graph as it was: they must be the same to the bit.
 * @param graphPath where it goes; its weights go to a file of the same name with `.data` for `.onnx`
 * @throws whatever onnxruntime says; an error where the outputs differ
 */
export async function optimiseGraph(graph: WorkerGraph, graphPath: string, threads: number): Promise<void> {
  const options = sessionOptions(threads, false);
  const original = await outputOf(graph.onnxPath, graph, {
    ...options,
    optimizedModelFilePath: graphPath,
    // Otherwise it warns that the result is for this processor alone, as it is meant to be.
    logSeverityLevel: errorSeverity,
    extra: {
      session: {
        ...(options.extra?.session as object),
        optimized_model_external_initializers_file_name: basename(graphPath).replace(/\.onnx$/, '.data'),
        optimized_model_external_initializers_min_size_in_bytes: String(leastExternalBytes),
        // Weights of matrices also in the order of the kernels: they are mapped then, where each worker would have copies.
        save_external_prepacked_constant_initializers: '1',
      },
    },
  });
  const prepared = await outputOf(graphPath, graph, sessionOptions(threads, true));
  if (!original.equals(prepared)) throw new Error('The optimised graph gives other outputs than the original one.');
}

async function outputOf(path: string, graph: WorkerGraph, options: InferenceSession.SessionOptions): Promise<Buffer> {
  const session = await InferenceSession.create(path, options);
  try {
    const results = await session.run({ [graph.inputName]: sampleInput(graph) }, [graph.outputName]);
    const data = results[graph.outputName]?.data;
    if (!ArrayBuffer.isView(data)) throw new Error(`The graph gave no output "${graph.outputName}".`);
    return Buffer.from(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  } finally {
    await session.release();
  }
}

/** Some pattern with values such as normalised pixels have. */
function sampleInput({ dtype, imageShape, fixedBatch }: WorkerGraph): Tensor {
  const dims = [fixedBatch ?? comparedImages, ...imageShape];
  const elements = dims.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: elements }, (_, index) => 2 * Math.sin(index * 0.37));
  switch (dtype) {
    case 'float32':
      return new Tensor('float32', values, dims);
    case 'float16':
      return new Tensor('float16', Uint16Array.from(values, toFloat16Bits), dims);
    case 'uint8':
      return new Tensor(
        'uint8',
        Uint8Array.from(values, (value) => 128 + 60 * value),
        dims,
      );
  }
}
