import { create } from '@bufbuild/protobuf';
import {
  type AttributeProto,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../generated/onnx_pb.js';
import { elementType } from '../tensor-types.js';

/** Values of AttributeProto.AttributeType. */
const attributeType = { int: 2, tensor: 4, ints: 7 } as const;

export function intAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.int, i: BigInt(value) });
}

export function intsAttribute(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.ints, ints: values.map(BigInt) });
}

/** A node that is called as its output is. */
export function graphNode(
  opType: string,
  input: string[],
  output: string,
  attribute: AttributeProto[] = [],
): NodeProto {
  return create(NodeProtoSchema, { opType, input, output: [output], name: output, attribute });
}

export type Elements = Float32Array | Uint16Array | Int32Array | BigInt64Array;

function dataTypeOf(values: Elements): number {
  if (values instanceof Float32Array) return elementType.float32;
  if (values instanceof Int32Array) return elementType.int32;
  return values instanceof BigInt64Array ? elementType.int64 : elementType.float16;
}

function tensorOf(dims: readonly number[], values: Elements): TensorProto {
  // ONNX is little-endian, as is every machine that Node runs TensorRT or ONNX Runtime on
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  return create(TensorProtoSchema, { dims: dims.map(BigInt), dataType: dataTypeOf(values), rawData });
}

/**
 * A Constant node. Not an initializer: up to IR version 3 those must be listed as inputs of the graph too.
 * @param values halfs as their bits in a Uint16Array
 */
export function constantNode(output: string, dims: readonly number[], values: Elements): NodeProto {
  const t = tensorOf(dims, values);
  const value = create(AttributeProtoSchema, { name: 'value', type: attributeType.tensor, t });
  return graphNode('Constant', [], output, [value]);
}

/** The declaration of a uint8 tensor; a dimension given by name is dynamic. */
export function uint8Value(name: string, dims: readonly (number | string)[]): ValueInfoProto {
  const dim = dims.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  const value = { case: 'tensorType' as const, value: { elemType: elementType.uint8, shape: { dim } } };
  return create(ValueInfoProtoSchema, { name, type: { value } });
}
