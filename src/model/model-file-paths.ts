import { dirname, join } from 'node:path';
import type { ClassifierModel } from './classifier-model.js';

/** A model's ONNX file and the files of its external data. */
export function modelFilePaths({ onnxPath, graph }: Pick<ClassifierModel, 'onnxPath' | 'graph'>): string[] {
  return [onnxPath, ...graph.externalData.map((name) => join(dirname(onnxPath), name))];
}
