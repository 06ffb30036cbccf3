import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.js';
import { elementType, externalDataLocation } from './tensor-types.js';

/** A dimension: a number, or a name or null for a dynamic one. */
export type TestDimension = number | string | null;
export type TestElementType = keyof typeof elementType;

/** A tensor value of a graph; without a shape not even its rank is declared. */
export function testValue(name: string, type: TestElementType, shape?: readonly TestDimension[]): ValueInfoProto {
  const elemType = elementType[type];
  const dim = shape?.map((dimension) => {
    if (dimension === null) return {};
    if (typeof dimension === 'number') return { value: { case: 'dimValue' as const, value: BigInt(dimension) } };
    return { value: { case: 'dimParam' as const, value: dimension } };
  });
  const value = dim === undefined ? { elemType } : { elemType, shape: { dim } };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value } } });
}

/** An attribute whose kind follows from the value: an integer, integers or a graph. */
function testAttribute(name: string, value: number | readonly number[] | GraphProto): AttributeProto {
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: 2, i: BigInt(value) });
  if ('$typeName' in value) return create(AttributeProtoSchema, { name, type: 5, g: value });
  return create(AttributeProtoSchema, { name, type: 7, ints: value.map(BigInt) });
}

export function testNode(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, number | readonly number[] | GraphProto>> = {},
  domain = '',
): NodeProto {
  const attribute = Object.entries(attributes).map(([name, value]) => testAttribute(name, value));
  return create(NodeProtoSchema, { opType, input: [...input], output: [...output], attribute, domain });
}

/** A float32 tensor with its values in the file. */
export function testTensor(name: string, dims: readonly number[], values: readonly number[]): TensorProto {
  const rawData = new Uint8Array(Float32Array.from(values).buffer);
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: elementType.float32, rawData });
}

/** A float32 tensor whose values lie in another file. */
export function testExternalTensor(name: string, dims: readonly number[], location: string): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: elementType.float32,
    dataLocation: externalDataLocation,
    externalData: [{ key: 'location', value: location }],
  });
}

export function testGraph(graph: MessageInitShape<typeof GraphProtoSchema>): GraphProto {
  return create(GraphProtoSchema, { name: 'test', ...graph });
}

export interface TestModelOptions {
  readonly opset?: number;
  readonly model?: MessageInitShape<typeof ModelProtoSchema>;
}

export function testModel(graph: GraphProto, { opset = 17, model = {} }: TestModelOptions = {}): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'hornet-test',
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph,
    ...model,
  });
}

export interface TestClassifierOptions {
  /** Default `[batch,3,8,8]`. */
  readonly inputShape?: readonly TestDimension[];
  /** Default float32. */
  readonly type?: TestElementType;
  /** Default `[batch,3]`. */
  readonly outputShape?: readonly TestDimension[];
  /** Node appended to the end, default none. */
  readonly activation?: 'Softmax' | 'Sigmoid' | 'LogSoftmax';
  readonly initializer?: readonly TensorProto[];
}

/** A classifier of three classes that runs: the mean of each channel is the score of its class. */
export function testClassifier(options: TestClassifierOptions = {}): ModelProto {
  const { inputShape = ['batch', 3, 8, 8], type = 'float32', outputShape = ['batch', 3], activation } = options;
  const flat = activation === undefined ? 'logits' : 'flat';
  const end = activation === undefined ? [] : [testNode(activation, ['flat'], ['logits'])];
  return testModel(
    testGraph({
      node: [testNode('GlobalAveragePool', ['pixels'], ['pooled']), testNode('Flatten', ['pooled'], [flat]), ...end],
      input: [testValue('pixels', type, inputShape)],
      output: [testValue('logits', type, outputShape)],
      initializer: [...(options.initializer ?? [])],
    }),
  );
}

/** The bytes of the .onnx file. */
export function modelBytes(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}
