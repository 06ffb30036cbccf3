import type { ClassifierModel } from '../../../model/classifier-model.js';
import { modelFilePaths } from '../../../model/model-file-paths.js';
import { fileState } from '../../../onnx/file-state.js';
import type { StoredPrepared } from './prepared-store.js';

/** States of a model's files. @throws what stat throws, for files that have gone */
export function modelStates(model: Pick<ClassifierModel, 'onnxPath' | 'graph'>): Promise<string[]> {
  return Promise.all(modelFilePaths(model).map(fileState));
}

/**
 * States of the files whose hashes a prepared model stands for: those of the model, and its own weights. As long as they
 * stay, the hashes do, and hundreds of megabytes need not be read at each start.
 * @throws what stat throws, for files that have gone
 */
export async function checkedStates(
  model: Pick<ClassifierModel, 'onnxPath' | 'graph'>,
  dataPath: string,
): Promise<string[]> {
  return [...(await modelStates(model)), await fileState(dataPath)];
}

/** Whether all files are as they were when their hashes were last found right. */
export async function isUnchanged(
  { record, dataPath }: StoredPrepared,
  model: Pick<ClassifierModel, 'onnxPath' | 'graph'>,
): Promise<boolean> {
  if (record.checked === null) return false;
  const states = await checkedStates(model, dataPath);
  return JSON.stringify(states) === JSON.stringify(record.checked);
}
