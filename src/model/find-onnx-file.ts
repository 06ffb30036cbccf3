import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { isAbsent } from './absent-file.js';
import { type Dtype, dtypes } from './classifier-model.js';

/** Order in which `auto` takes what is there when the model runs on the CPU: fast and exact first. */
export const cpuDtypeOrder: readonly Dtype[] = ['fp32', 'fp16', 'quantized', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'];

/** As {@link cpuDtypeOrder} for the GPU, which is twice as fast in half precision and cannot build the quantized ones. */
export const gpuDtypeOrder: readonly Dtype[] = ['fp16', 'fp32', 'q4f16', 'q4', 'quantized', 'int8', 'uint8', 'bnb4'];

/** The ONNX file of a model folder. */
export interface OnnxFile {
  /** Absolute path if the folder's is. */
  readonly path: string;
  readonly dtype: Dtype;
}

/** Name of the ONNX file of a dtype, as Hub repositories lay them out: `model.onnx`, `model_fp16.onnx`, ... */
export function onnxFileName(dtype: Dtype): string {
  return dtype === 'fp32' ? 'model.onnx' : `model_${dtype}.onnx`;
}

/**
 * Chooses the ONNX file of a model folder: in `onnx/`, else at the root.
 * @param dtype the one to take, or `auto`: the first of `order` that exists
 * @param order preference of `auto`, default {@link cpuDtypeOrder}
 * @throws ERR_MODEL_DTYPE_NOT_FOUND listing the dtypes that exist; ERR_MODEL_FILE_MISSING where there is no model
 *   file at all, listing ONNX files of other names
 */
export async function findOnnxFile(
  folder: string,
  dtype: Dtype | 'auto' = 'auto',
  order: readonly Dtype[] = cpuDtypeOrder,
): Promise<OnnxFile> {
  const places = await Promise.all(['onnx', '.'].map((name) => listFolder(folder, name)));
  const found = new Map<Dtype, string>();
  for (const candidate of dtypes) {
    const name = onnxFileName(candidate);
    const place = places.find(({ files }) => files.includes(name));
    if (place !== undefined) found.set(candidate, join(folder, place.name, name));
  }
  if (found.size === 0) throw noModelFile(places);
  const chosen = dtype === 'auto' ? order.find((candidate) => found.has(candidate)) : dtype;
  const path = chosen === undefined ? undefined : found.get(chosen);
  if (chosen !== undefined && path !== undefined) return { path, dtype: chosen };
  const existing = [...found.keys()];
  throw new HornetError(
    'ERR_MODEL_DTYPE_NOT_FOUND',
    `The model has no ONNX file of the dtype ${dtype}; it has: ${existing.join(', ')}.`,
    { details: { dtype, existing } },
  );
}

interface Place {
  readonly name: string;
  readonly files: readonly string[];
}

async function listFolder(folder: string, name: string): Promise<Place> {
  try {
    return { name, files: await readdir(join(folder, name)) };
  } catch (error) {
    if (isAbsent(error)) return { name, files: [] };
    throw error;
  }
}

function noModelFile(places: readonly Place[]): HornetError {
  const others = places.flatMap(({ name, files }) =>
    files.filter((file) => file.endsWith('.onnx')).map((file) => (name === '.' ? file : `${name}/${file}`)),
  );
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
