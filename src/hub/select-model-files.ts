import { HornetError } from '../errors/hornet-error.js';
import { chooseOnnxFile } from '../model/choose-onnx-file.js';
import type { Dtype } from '../model/classifier-model.js';
import { dtypeNotFound } from '../model/find-onnx-file.js';

/** Where a repository says how pictures are prepared, in older and in newer ones; Python's libraries look for both. */
export const processorConfigs = ['preprocessor_config.json', 'processor_config.json'] as const;

/** What a classifier needs of a repository. */
export interface ModelFiles {
  readonly dtype: Dtype;
  /** Path of the ONNX file in the repository. */
  readonly onnx: string;
  /** All files to have: configs, the ONNX file, and what looks like its external data. */
  readonly paths: readonly string[];
}

/**
 * Chooses the files of a repository that a classifier needs, and no others.
 * @param repository for the messages
 * @param paths all files of the repository
 * @throws ERR_HUB_NO_ONNX, ERR_MODEL_DTYPE_NOT_FOUND listing the dtypes that exist, ERR_HUB_FILE_NOT_FOUND
 */
export function selectModelFiles(
  repository: string,
  paths: readonly string[],
  dtype: Dtype | 'auto',
  order: readonly Dtype[],
): ModelFiles {
  const there = new Set(paths);
  const choice = chooseOnnxFile(paths, dtype, order);
  if (!('path' in choice)) {
    if (choice.existing.length > 0) throw dtypeNotFound(dtype, choice);
    throw noOnnx(repository, paths, choice.others);
  }
  const processors = processorConfigs.filter((name) => there.has(name));
  const missing = [
    ...(there.has('config.json') ? [] : ['config.json']),
    ...(processors.length > 0 ? [] : ['preprocessor_config.json']),
  ];
  if (missing.length > 0) {
    throw new HornetError(
      'ERR_HUB_FILE_NOT_FOUND',
      `${repository} has ${choice.path}, but no ${missing.join(' and no ')}, which an image classifier needs.`,
      { details: { missing } },
    );
  }
  // model.onnx_data, model.onnx_data_1, model.onnx.data: names that exporters give. Others are read from the graph.
  const external = paths.filter((path) => path.startsWith(`${choice.path}_data`) || path === `${choice.path}.data`);
  return { dtype: choice.dtype, onnx: choice.path, paths: ['config.json', ...processors, choice.path, ...external] };
}

function noOnnx(repository: string, paths: readonly string[], others: readonly string[]): HornetError {
  const name = repository.split('/').at(-1) ?? repository;
  const shown = (others.length > 0 ? others : paths).slice(0, 12).join(', ') || 'no files at all';
  const found = others.length > 0 ? `only ONNX files of other names (${shown})` : `no ONNX file; it has ${shown}`;
  return new HornetError('ERR_HUB_NO_ONNX', `${repository} has ${found}.`, {
    remedy: `Try a conversion such as Xenova/${name} or onnx-community/${name}-ONNX, or export the model to ONNX with Optimum.`,
    details: { files: paths.slice(0, 100) },
  });
}
