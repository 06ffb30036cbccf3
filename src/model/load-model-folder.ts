import { access, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import type { ImageProcessor } from '../image/image-processor.js';
import { isAbsent } from '../locks/has-error-code.js';
import type { Activation, GraphInfo } from '../onnx/graph-info.js';
import type { KeptSkeleton } from '../onnx/kept-skeleton.js';
import { readGraphInfo } from '../onnx/read-graph-info.js';
import { agreeOnImageSize, agreeOnLabels, agreeOnPixels } from './agree-on-model.js';
import { cpuDtypeOrder } from './choose-onnx-file.js';
import type { ClassifierModel, Dtype } from './classifier-model.js';
import { isJsonObject } from './config-fields.js';
import { findOnnxFile } from './find-onnx-file.js';
import { activationFor, parseModelConfig } from './parse-model-config.js';
import { parsePreprocessorConfig } from './parse-preprocessor-config.js';

/** Options of {@link loadModelFolder}. */
export interface LoadModelOptions {
  /** ONNX file to take; default `auto`: the first of `dtypeOrder` that exists. */
  readonly dtype?: Dtype | 'auto';
  /** What `auto` prefers, default `cpuDtypeOrder`. */
  readonly dtypeOrder?: readonly Dtype[];
  /** What to apply to the model's outputs, whatever the graph and config.json say. */
  readonly functionToApply?: Activation;
  /** Keeps the graph for `prepareGraph`; by default it is not kept. */
  readonly skeletons?: KeptSkeleton;
}

/**
 * Reads a model folder laid out like a Hub repository (config.json, preprocessor_config.json or
 * processor_config.json, onnx/model.onnx) and checks that its parts fit together. Nothing is written.
 * @param folder path, relative to the working directory or absolute
 * @throws ERR_MODEL_NOT_FOUND; ERR_MODEL_FILE_MISSING naming the file; ERR_MODEL_CONFIG_INVALID;
 *   ERR_PROCESSOR_INVALID; ERR_PROCESSOR_UNSUPPORTED; ERR_MODEL_DTYPE_NOT_FOUND; ERR_ONNX_INVALID;
 *   ERR_MODEL_NOT_CLASSIFIER, also where label count or picture size disagree with the graph
 */
export async function loadModelFolder(folder: string, options: LoadModelOptions = {}): Promise<ClassifierModel> {
  const root = resolve(folder);
  await requireFolder(root);
  const configJson = await readJson(root, 'config.json', 'ERR_MODEL_CONFIG_INVALID');
  if (configJson === undefined) throw missingFile('config.json');
  const config = parseModelConfig(configJson);
  const processor = await readProcessor(root, config.modelType);
  const file = await findOnnxFile(root, options.dtype, options.dtypeOrder ?? cpuDtypeOrder);
  const graph = await readGraphInfo(file.path, options.skeletons);
  await requireExternalData(file.path, graph);
  agreeOnPixels(graph, processor);
  const labels = agreeOnLabels(graph, config);
  return {
    folder: root,
    onnxPath: file.path,
    dtype: file.dtype,
    graph,
    processor,
    imageSize: agreeOnImageSize(graph, processor),
    labels,
    functionToApply:
      options.functionToApply ??
      (graph.activation === 'none' ? activationFor(config.problemType, labels.length) : 'none'),
  };
}

function missingFile(name: string): HornetError {
  return new HornetError('ERR_MODEL_FILE_MISSING', `The model folder has no ${name}.`, { details: { file: name } });
}

async function requireFolder(folder: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(folder)).isDirectory();
  } catch (error) {
    if (!isAbsent(error)) {
      const message = `The model folder ${folder} cannot be read: ${messageOf(error)}.`;
      throw new HornetError('ERR_MODEL_NOT_FOUND', message, { cause: error });
    }
    throw new HornetError('ERR_MODEL_NOT_FOUND', `There is no model folder ${folder}.`, { cause: error });
  }
  if (!isFolder) throw new HornetError('ERR_MODEL_NOT_FOUND', `${folder} is a file, expected a model folder.`);
}

/** The parsed file, or undefined where there is none. */
async function readJson(folder: string, name: string, code: ErrorCode): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(join(folder, name), 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new HornetError(code, `${name} cannot be read: ${messageOf(error)}.`, {
      cause: error,
      remedy: 'Make it a file that this user may read.',
    });
  }
  try {
    // some editors begin the file with a byte order mark
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new HornetError(code, `${name} is not valid JSON: ${messageOf(error)}.`, { cause: error });
  }
}

/**
 * Newer repositories nest the processor in processor_config.json; where both files are, transformers 5 takes that one.
 * @see https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/image_processing_base.py
 */
async function readProcessor(folder: string, modelType: string | undefined): Promise<ImageProcessor> {
  const nested = await readJson(folder, 'processor_config.json', 'ERR_PROCESSOR_INVALID');
  if (isJsonObject(nested) && isJsonObject(nested.image_processor)) {
    return parsePreprocessorConfig(nested.image_processor, modelType, 'processor_config.json');
  }
  const json = await readJson(folder, 'preprocessor_config.json', 'ERR_PROCESSOR_INVALID');
  if (json === undefined) throw missingFile('preprocessor_config.json');
  return parsePreprocessorConfig(json, modelType);
}

async function requireExternalData(onnxPath: string, graph: GraphInfo): Promise<void> {
  for (const name of graph.externalData) {
    try {
      await access(join(dirname(onnxPath), name));
    } catch (error) {
      throw new HornetError(
        'ERR_MODEL_FILE_MISSING',
        `The ONNX file keeps weights in ${name}, which is not beside it.`,
        { cause: error, details: { file: name } },
      );
    }
  }
}
