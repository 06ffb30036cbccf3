import type { ClassifierModel } from '../../../model/classifier-model.js';
import { modelFileBytes } from '../../../model/model-file-bytes.js';

/** Smaller models load in milliseconds as they are. */
const leastBytes = 1e6;

/** Whether preparing a model saves anything that can be noticed. */
export async function isWorthPreparing(model: ClassifierModel): Promise<boolean> {
  return (await modelFileBytes(model)) >= leastBytes;
}
