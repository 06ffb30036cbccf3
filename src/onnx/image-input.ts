import { HornetError } from '../errors/hornet-error.js';
import type { TensorFormat } from '../image/tensor-format.js';
import type { GraphProto, NodeProto, ValueInfoProto } from './generated/onnx_pb.js';
import type { GraphInfo } from './graph-info.js';
import { elementType } from './tensor-types.js';
import { describeValue, describeValues, type Shape, tensorTypeOf } from './value-type.js';

const expected = 'expected one image input, float32 or float16, [N,3,H,W] or [N,H,W,3]';

function notClassifier(found: string): HornetError {
  return new HornetError('ERR_MODEL_NOT_CLASSIFIER', `${found}, ${expected}.`);
}

const dtypesByElementType: ReadonlyMap<number, TensorFormat['dtype']> = new Map([
  [elementType.float32, 'float32'],
  [elementType.float16, 'float16'],
  [elementType.uint8, 'uint8'],
]);

/** Operators that keep the layout of an image, so that the search for its first real consumer goes on behind them. */
const layoutKeeping: ReadonlySet<string> = new Set([
  'Add',
  'Cast',
  'Clip',
  'DequantizeLinear',
  'Div',
  'Identity',
  'Mul',
  'Pad',
  'QuantizeLinear',
  'Sub',
]);

/**
 * The one input that takes the pictures.
 * @throws ERR_MODEL_NOT_CLASSIFIER saying what was found and what was expected
 */
export function findImageInput(graph: GraphProto): GraphInfo['input'] {
  const value = onlyInput(graph);
  const type = tensorTypeOf(value);
  const dtype = dtypesByElementType.get(type?.elementType ?? -1);
  if (type === null || dtype === undefined) throw notClassifier(`The input is ${describeValue(value)}`);
  const shape = type.shape ?? [null, null, null, null];
  const [batch = null, dim1 = null, dim2 = null, dim3 = null] = shape;
  const layout = shape.length === 4 ? decideLayout(graph, value.name, shape) : null;
  if (layout === null) throw notClassifier(`The input is ${describeValue(value)}`);
  return {
    name: value.name,
    format: { dtype, layout },
    batch,
    height: layout === 'NCHW' ? dim2 : dim1,
    width: layout === 'NCHW' ? dim3 : dim2,
  };
}

/** Up to IR version 3 initializers had to be listed as inputs too; those need no value. */
function onlyInput(graph: GraphProto): ValueInfoProto {
  const given = new Set(graph.initializer.map(({ name }) => name));
  for (const { values } of graph.sparseInitializer) given.add(values?.name ?? '');
  const inputs = graph.input.filter(({ name }) => !given.has(name));
  const [input] = inputs;
  if (input === undefined) throw notClassifier('The graph has no input');
  if (inputs.length > 1) throw notClassifier(`The graph has ${inputs.length} inputs (${describeValues(inputs)})`);
  return input;
}

function couldBeChannels(dim: number | null): boolean {
  return dim === 3 || dim === null;
}

/** A picture's edge is never as short as a number of channels. */
function couldBeEdges(a: number | null, b: number | null): boolean {
  return (a === null || a > 4) && (b === null || b > 4);
}

/** null: neither layout fits the shape. */
function decideLayout(graph: GraphProto, name: string, shape: Shape): TensorFormat['layout'] | null {
  const [, dim1 = null, dim2 = null, dim3 = null] = shape;
  const first = couldBeChannels(dim1) && couldBeEdges(dim2, dim3);
  const last = couldBeChannels(dim3) && couldBeEdges(dim1, dim2);
  if (first && last) return layoutByConsumer(graph, name);
  if (first) return 'NCHW';
  return last ? 'NHWC' : null;
}

/** All of the picture's dimensions are dynamic: what the graph does first with it tells. PyTorch's NCHW if nothing. */
function layoutByConsumer(graph: GraphProto, name: string): TensorFormat['layout'] {
  const names = new Set([name]);
  // nodes are listed in topological order, so one pass sees every consumer after its producer
  for (const node of graph.node) {
    const [data] = node.input;
    if (data === undefined || !names.has(data)) continue;
    if (node.opType === 'Conv') return 'NCHW';
    if (node.opType === 'Transpose') {
      const layout = layoutBeforeTranspose(node);
      if (layout !== null) return layout;
    } else if (layoutKeeping.has(node.opType) && node.output[0] !== undefined) {
      names.add(node.output[0]);
    }
  }
  return 'NCHW';
}

function layoutBeforeTranspose(node: NodeProto): TensorFormat['layout'] | null {
  const perm = node.attribute.find((attribute) => attribute.name === 'perm')?.ints.join();
  if (perm === '0,3,1,2') return 'NHWC';
  return perm === '0,2,3,1' ? 'NCHW' : null;
}
