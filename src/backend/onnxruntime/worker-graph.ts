import { bytesPerElement } from '../../image/tensor-format.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import type { WorkerGraph } from './worker-protocol.js';

/** The graph of a model as workers load it. @param prepared the same graph, optimised already, in another file */
export function workerGraphOf(
  model: Pick<ClassifierModel, 'graph' | 'imageSize' | 'labels' | 'onnxPath'>,
  prepared?: { readonly path: string },
): WorkerGraph {
  const { input, output } = model.graph;
  const { width, height } = model.imageSize;
  return {
    onnxPath: prepared?.path ?? model.onnxPath,
    optimised: prepared !== undefined,
    inputName: input.name,
    outputName: output.name,
    dtype: input.format.dtype,
    imageShape: input.format.layout === 'NCHW' ? [3, height, width] : [height, width, 3],
    fixedBatch: input.batch,
    classes: model.labels.length,
  };
}

/** Bytes of one picture as the graph wants it. */
export function imageBytesOf({ dtype, imageShape }: Pick<WorkerGraph, 'dtype' | 'imageShape'>): number {
  return imageShape.reduce((product, size) => product * size, bytesPerElement[dtype]);
}

/** A graph with a fixed batch runs in steps of it, so that is what batches are rounded up to. */
export function wholeSteps({ fixedBatch }: Pick<WorkerGraph, 'fixedBatch'>, images: number): number {
  const step = fixedBatch ?? 1;
  return Math.ceil(images / step) * step;
}
