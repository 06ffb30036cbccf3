import { type Dtype, dtypes } from './classifier-model.js';

/** Order in which `auto` takes what is there when the model runs on the CPU: fast and exact first. */
export const cpuDtypeOrder: readonly Dtype[] = ['fp32', 'fp16', 'quantized', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'];

/** As {@link cpuDtypeOrder} for the GPU, which is twice as fast in half precision and cannot build the quantized ones. */
export const gpuDtypeOrder: readonly Dtype[] = ['fp16', 'fp32', 'q4f16', 'q4', 'quantized', 'int8', 'uint8', 'bnb4'];

/** An ONNX file among the files of a model. */
export interface OnnxChoice {
  /** Path relative to the model's folder, segments separated by "/". */
  readonly path: string;
  readonly dtype: Dtype;
}

/** What a model has instead of the ONNX file that was wanted. */
export interface NoOnnxChoice {
  /** Dtypes that exist under the names of Hub repositories. */
  readonly existing: readonly Dtype[];
  /** Other ONNX files. */
  readonly others: readonly string[];
}

/** Name of the ONNX file of a dtype, as Hub repositories lay them out: `model.onnx`, `model_fp16.onnx`, ... */
export function onnxFileName(dtype: Dtype): string {
  return dtype === 'fp32' ? 'model.onnx' : `model_${dtype}.onnx`;
}

/**
 * Chooses the ONNX file of a model: in `onnx/`, else at the root.
 * @param paths files of the model, relative to its folder
 * @param dtype the one to take, or `auto`: the first of `order` that exists
 */
export function chooseOnnxFile(
  paths: readonly string[],
  dtype: Dtype | 'auto',
  order: readonly Dtype[],
): OnnxChoice | NoOnnxChoice {
  const there = new Set(paths);
  const found = new Map<Dtype, string>();
  for (const candidate of dtypes) {
    const path = [`onnx/${onnxFileName(candidate)}`, onnxFileName(candidate)].find((name) => there.has(name));
    if (path !== undefined) found.set(candidate, path);
  }
  const chosen = dtype === 'auto' ? order.find((candidate) => found.has(candidate)) : dtype;
  const path = chosen === undefined ? undefined : found.get(chosen);
  if (chosen !== undefined && path !== undefined) return { path, dtype: chosen };
  const named = new Set(found.values());
  return { existing: [...found.keys()], others: paths.filter((name) => name.endsWith('.onnx') && !named.has(name)) };
}
