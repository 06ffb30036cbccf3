import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { unlessMissing } from '../locks/has-error-code.js';
import { chooseOnnxFile, cpuDtypeOrder, type NoOnnxChoice, type OnnxChoice } from './choose-onnx-file.js';
import type { Dtype } from './classifier-model.js';

/**
 * Chooses the ONNX file of a model folder: in `onnx/`, else at the root.
 * @param dtype the one to take, or `auto`: the first of `order` that exists
 * @param order preference of `auto`, default that of the CPU
 * @returns its path, absolute if the folder's is
 * @throws ERR_MODEL_DTYPE_NOT_FOUND listing the dtypes that exist; ERR_MODEL_FILE_MISSING where there is no model
 *   file at all, listing ONNX files of other names
 */
export async function findOnnxFile(
  folder: string,
  dtype: Dtype | 'auto' = 'auto',
  order: readonly Dtype[] = cpuDtypeOrder,
): Promise<OnnxChoice> {
  const inOnnx = (await listFolder(join(folder, 'onnx'))).map((name) => `onnx/${name}`);
  const choice = chooseOnnxFile([...inOnnx, ...(await listFolder(folder))], dtype, order);
  if ('path' in choice) return { ...choice, path: join(folder, choice.path) };
  throw choice.existing.length === 0 ? noModelFile(choice) : dtypeNotFound(dtype, choice);
}

/** The error for a dtype that a model lacks. */
export function dtypeNotFound(dtype: Dtype | 'auto', { existing }: NoOnnxChoice): HornetError {
  return new HornetError(
    'ERR_MODEL_DTYPE_NOT_FOUND',
    `The model has no ONNX file of the dtype ${dtype}; it has: ${existing.join(', ')}.`,
    { details: { dtype, existing } },
  );
}

async function listFolder(folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(folder))) ?? [];
}

function noModelFile({ others }: NoOnnxChoice): HornetError {
  const listing = others.length === 0 ? 'and no other ONNX file' : `but ${others.slice(0, 8).join(', ')}`;
  return new HornetError(
    'ERR_MODEL_FILE_MISSING',
    `The model folder has neither onnx/model.onnx nor model.onnx, nor one with a suffix such as _fp16, ${listing}.`,
    {
      remedy:
        others.length === 0
          ? 'Export the model to ONNX, e.g. with Optimum, or choose a repository that has an onnx folder.'
          : 'Rename the file that is the classifier to onnx/model.onnx, or onnx/model_fp16.onnx for half precision.',
    },
  );
}
