import { stat } from 'node:fs/promises';
import type { ClassifierModel } from './classifier-model.js';
import { modelFilePaths } from './model-file-paths.js';

/** Bytes of a model's ONNX file and of its external data. @throws what stat throws */
export async function modelFileBytes(model: Pick<ClassifierModel, 'onnxPath' | 'graph'>): Promise<number> {
  const sizes = await Promise.all(modelFilePaths(model).map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
