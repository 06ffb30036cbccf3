import type { GraphProto, ModelProto, NodeProto } from './generated/onnx_pb.js';
import type { Activation } from './graph-info.js';
import type { Shape } from './value-type.js';
import { type Origin, outputPlace, type ValuePlace, walkBack } from './walk-back.js';
import { isDefaultDomain } from './walk-graph.js';

/**
 * Whether the graph already turns the scores into probabilities, read from its nodes: walking back from the output
 * through operators that only change shape or precision, is the first other one a softmax over the classes, or a
 * sigmoid? A LogSoftmax counts as none: softmax(log softmax(x)) = softmax(x), so applying one gives the right scores.
 * A softmax that was exported as Exp, ReduceSum and Div is not recognized.
 * @param outputShape as declared, null where it is not
 */
export function findFinalActivation(
  model: ModelProto,
  graph: GraphProto,
  outputName: string,
  outputShape: Shape | null,
): Activation {
  const origin = walkBack(outputPlace(model, graph, outputName));
  if (origin === null) return 'none';
  const { node } = origin;
  const ours = isDefaultDomain(node.domain);
  if (ours && node.opType === 'Sigmoid') return 'sigmoid';
  if (ours && node.opType === 'Softmax') return overClasses(origin, origin.opset, outputShape) ? 'softmax' : 'none';
  if (node.domain === 'com.microsoft') {
    if (node.opType === 'QLinearSigmoid') return 'sigmoid';
    const opset = intAttribute(node, 'opset') ?? origin.opset;
    if (node.opType === 'QLinearSoftmax') return overClasses(origin, opset, outputShape) ? 'softmax' : 'none';
  }
  return 'none';
}

/** Whether the values at a place come straight from a global pooling, after which height and width are 1. */
export function endsInGlobalPooling(place: ValuePlace): boolean {
  let origin = walkBack(place);
  if (origin !== null && /^(Softmax|LogSoftmax|Sigmoid)$/.test(origin.node.opType)) {
    origin = walkBack(origin.input);
  }
  return origin !== null && /^Global(Average|Max)Pool$/.test(origin.node.opType);
}

function intAttribute(node: NodeProto, name: string): number | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  return attribute === undefined ? undefined : Number(attribute.i);
}

/**
 * Whether a softmax normalizes over the classes. From opset 13 on its axis (default -1) is the one that is
 * normalized; before, everything from the axis (default 1) on is flattened and normalized together.
 */
function overClasses(origin: Origin, opset: number, outputShape: Shape | null): boolean {
  const declared = intAttribute(origin.node, 'axis') ?? (opset < 13 ? 1 : -1);
  const known = origin.shape();
  const shape = known === 'same' ? outputShape : known;
  if (shape === null || shape.length === 0) return declared === 1 || declared === -1;
  const axis = declared < 0 ? declared + shape.length : declared;
  const classes = classAxis(shape);
  if (opset >= 13) return axis === classes;
  // only the batch can be another number than 1 beside the classes: the output was chosen so
  const one = (dim: number | null, index: number) => dim === 1 || (dim === null && index > 0);
  return axis <= classes && shape.every((dim, index) => index < axis || index === classes || one(dim, index));
}

/** The dimension that counts the classes: the first one behind the batch that is not 1, else the last one. */
function classAxis(shape: Shape): number {
  const found = shape.findIndex((dim, index) => index > 0 && dim !== 1);
  return found === -1 ? shape.length - 1 : found;
}
