import { basename } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { findClassOutput } from './class-output.js';
import { externalDataFiles } from './external-data.js';
import { findFinalActivation } from './final-activation.js';
import type { ModelProto } from './generated/onnx_pb.js';
import type { GraphInfo } from './graph-info.js';
import { findImageInput } from './image-input.js';
import type { KeptSkeleton } from './kept-skeleton.js';
import { readSkeleton } from './read-skeleton.js';
import { defaultOpset } from './walk-back.js';
import { countOperators } from './walk-graph.js';

/**
 * Reads what Hornet needs to know of an ONNX classifier from its file: not its weights. External data is named but not
 * opened.
 * `output.shape` is empty where the graph declares none; `output.classes` is then null.
 * @param path of the .onnx file, at most 2 GiB
 * @param skeletons keeps the graph for whoever prepares it afterwards; by default it is not kept
 * @throws ERR_ONNX_INVALID for a file that is no ONNX model, or whose external data lies outside its folder;
 *   ERR_MODEL_NOT_CLASSIFIER for a graph that does not map pictures to scores; ERR_MODEL_FILE_MISSING
 */
export async function readGraphInfo(path: string, skeletons?: KeptSkeleton): Promise<GraphInfo> {
  const { model } = await (skeletons?.read(path) ?? readSkeleton(path));
  return graphInfoOf(model, basename(path));
}

/**
 * {@link readGraphInfo} of a model that has been read.
 * @param name of the file, for messages
 */
export function graphInfoOf(model: ModelProto, name: string): GraphInfo {
  const { graph } = model;
  const opset = defaultOpset(model.opsetImport);
  if (graph === undefined || opset < 1) {
    throw new HornetError('ERR_ONNX_INVALID', `${name} names no version of the ONNX operator set.`);
  }
  const externalData = externalDataFiles(model);
  const input = findImageInput(graph);
  const output = findClassOutput(model, graph, input.batch);
  const declaredShape = output.shape.length === 0 ? null : output.shape;
  return {
    irVersion: Number(model.irVersion),
    opset,
    producer: [model.producerName, model.producerVersion].filter((text) => text !== '').join(' '),
    operators: countOperators(model),
    input,
    output,
    activation: findFinalActivation(model, graph, output.name, declaredShape),
    externalData,
  };
}
