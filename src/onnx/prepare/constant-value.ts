import type { NodeProto, TensorProto } from '../generated/onnx_pb.js';
import { elementType } from '../tensor-types.js';
import { type FixedValue, unknownFixed } from './batch-value.js';

/** What is known of an initializer; elements only of a small one whose data is in the file. */
export function tensorValue(tensor: TensorProto): FixedValue {
  const dims = tensor.dims.map(Number);
  const ints = intsOf(tensor);
  return { kind: 'fixed', dims, ints, first: ints?.[0] ?? firstFloat(tensor) };
}

/** What is known of the output of a Constant node. */
export function constantValue(node: NodeProto): FixedValue {
  const [attribute] = node.attribute;
  switch (attribute?.name) {
    case 'value':
      return attribute.t === undefined ? unknownFixed : tensorValue(attribute.t);
    case 'value_int':
      return { kind: 'fixed', dims: [], ints: [Number(attribute.i)], first: Number(attribute.i) };
    case 'value_ints': {
      const ints = attribute.ints.map(Number);
      return { kind: 'fixed', dims: [ints.length], ints, first: ints[0] ?? null };
    }
    case 'value_float':
      return { kind: 'fixed', dims: [], ints: null, first: attribute.f };
    case 'value_floats':
      return { kind: 'fixed', dims: [attribute.floats.length], ints: null, first: attribute.floats[0] ?? null };
    default:
      return unknownFixed;
  }
}

function view({ rawData }: TensorProto): DataView {
  return new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
}

function intsOf(tensor: TensorProto): number[] | null {
  const count = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
  let ints: number[] | null = null;
  if (tensor.dataType === elementType.int64) {
    const data = view(tensor);
    ints =
      tensor.int64Data.length > 0
        ? tensor.int64Data.map(Number)
        : Array.from({ length: data.byteLength >> 3 }, (_, index) => Number(data.getBigInt64(index * 8, true)));
  } else if (tensor.dataType === elementType.int32) {
    const data = view(tensor);
    ints = Array.from({ length: data.byteLength >> 2 }, (_, index) => data.getInt32(index * 4, true));
  }
  // data that lies elsewhere looks empty
  return ints?.length === count ? ints : null;
}

function firstFloat(tensor: TensorProto): number | null {
  if (tensor.dataType !== elementType.float32 || tensor.rawData.length < 4) return null;
  return view(tensor).getFloat32(0, true);
}
