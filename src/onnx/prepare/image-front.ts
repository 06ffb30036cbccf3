import { toFloat16Bits } from '../../image/float16.js';
import type { ImageProcessor } from '../../image/image-processor.js';
import type { TensorFormat } from '../../image/tensor-format.js';
import type { NodeProto } from '../generated/onnx_pb.js';
import { elementType } from '../tensor-types.js';
import { type ChannelScale, channelScale } from './channel-scale.js';
import type { NameGiver } from './graph-names.js';
import { constantNode, graphNode, intAttribute, intsAttribute } from './graph-nodes.js';

/** What the front of a graph turns pictures into. */
export interface FrontOptions {
  readonly processor: Pick<ImageProcessor, 'table' | 'flipChannels'>;
  /** Elements and layout that the graph behind the front wants. */
  readonly format: TensorFormat;
  /** Name of the uint8 [N,H,W,3] input. */
  readonly inputName: string;
  /** Name that the graph behind the front knows its input by. */
  readonly outputName: string;
  readonly names: NameGiver;
}

/**
 * The nodes that do on the GPU what the processor's table does on the CPU: pictures as uint8 [N,H,W,3], R, G, B, become
 * the tensor that the graph wants. Where the table is affine: Cast, Gather (B, G, R), Transpose, Mul, Add, those left
 * out that would change nothing, and a last Cast for float16; arithmetic is float32, so the tensor is the table's to
 * within `scaleTolerance`, and in float16 mostly the same half, else its neighbour. A table that is not affine is looked
 * up by a Gather of 768 entries, which is exact but costs a pass over the picture that cannot be fused.
 *
 * TensorRT takes uint8 only as the input of a Cast, so that comes first. For the same reason a graph that takes uint8
 * gets its pixels as float32, see `acceptsFloat`.
 */
export function imageFront(options: FrontOptions): NodeProto[] {
  const { processor, format, inputName, outputName, names } = options;
  const chain = new NodeChain(inputName, names);
  const lines = channelScale(processor.table);
  chain.add('Cast', [intAttribute('to', elementType.float32)]);
  if (lines === null) lookUp(chain, processor.table, format.dtype);
  if (processor.flipChannels)
    chain.addWithConstant('Gather', [3], BigInt64Array.of(2n, 1n, 0n), [intAttribute('axis', 3)]);
  if (format.layout === 'NCHW') chain.add('Transpose', [intsAttribute('perm', [0, 3, 1, 2])]);
  if (lines !== null) {
    scaleChannels(chain, lines, options);
    if (format.dtype === 'float16') chain.add('Cast', [intAttribute('to', elementType.float16)]);
  }
  return chain.endingIn(outputName);
}

/** Nodes each of which reads the one before. */
class NodeChain {
  private readonly nodes: NodeProto[] = [];
  private value: string;
  private readonly names: NameGiver;

  constructor(inputName: string, names: NameGiver) {
    this.value = inputName;
    this.names = names;
  }

  add(opType: string, attribute: NodeProto['attribute'] = []): void {
    this.push(opType, [this.value], attribute);
  }

  addWithConstant(
    opType: 'Add' | 'Gather' | 'Mul',
    dims: readonly number[],
    values: Parameters<typeof constantNode>[2],
    attribute: NodeProto['attribute'] = [],
  ): void {
    const constant = this.constant(opType, dims, values);
    this.push(opType, [this.value, constant], attribute);
  }

  /** Each element is replaced by the entry of the table that it is the index of. */
  addLookup(table: Parameters<typeof constantNode>[2]): void {
    const constant = this.constant('Table', [table.length], table);
    this.push('Gather', [constant, this.value], [intAttribute('axis', 0)]);
  }

  /** @param outputName the last node's output gets it */
  endingIn(outputName: string): NodeProto[] {
    const last = this.nodes.at(-1);
    if (last !== undefined) last.output = [outputName];
    return this.nodes;
  }

  private constant(opType: string, dims: readonly number[], values: Parameters<typeof constantNode>[2]): string {
    const name = this.names(`hornet/front/${opType}/constant`);
    this.nodes.push(constantNode(name, dims, values));
    return name;
  }

  private push(opType: string, input: string[], attribute: NodeProto['attribute']): void {
    this.value = this.names(`hornet/front/${opType}`);
    this.nodes.push(graphNode(opType, input, this.value, attribute));
  }
}

/** From float32 [N,H,W,3] holding pixels to the table's entries, in the elements that the graph wants. */
function lookUp(chain: NodeChain, table: Float32Array, dtype: TensorFormat['dtype']): void {
  chain.add('Cast', [intAttribute('to', elementType.int32)]);
  chain.addWithConstant('Add', [3], Int32Array.of(0, 256, 512));
  chain.addLookup(dtype === 'float16' ? Uint16Array.from(table, toFloat16Bits) : table);
}

function scaleChannels(chain: NodeChain, { scale, shift }: ChannelScale, { processor, format }: FrontOptions): void {
  const dims = format.layout === 'NCHW' ? [1, 3, 1, 1] : [1, 1, 1, 3];
  const ordered = (values: readonly number[]) =>
    Float32Array.from(processor.flipChannels ? values.toReversed() : values);
  if (scale.some((value) => value !== 1)) chain.addWithConstant('Mul', dims, ordered(scale));
  if (shift.some((value) => value !== 0)) chain.addWithConstant('Add', dims, ordered(shift));
}
