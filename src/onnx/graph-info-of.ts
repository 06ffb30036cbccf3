import { HornetError } from '../errors/hornet-error.js';
import { findClassOutput } from './class-output.js';
import { externalDataFiles } from './external-data.js';
import { findFinalActivation } from './final-activation.js';
import type { ModelProto } from './generated/onnx_pb.js';
import type { GraphInfo } from './graph-info.js';
import { findImageInput } from './image-input.js';
import { defaultOpset } from './walk-back.js';
import { countOperators } from './walk-graph.js';

/**
 * What Hornet needs to know of an ONNX classifier that has been read.
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
