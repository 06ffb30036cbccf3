import { shortened } from '../errors/describe-value.js';
import type { DimensionProto, ValueInfoProto } from './generated/onnx_pb.js';
import { elementTypeName } from './tensor-types.js';

/** Dimensions of a tensor; null: dynamic. */
export type Shape = readonly (number | null)[];

/** What the graph declares of one of its inputs, outputs or inner values. */
export interface TensorType {
  /** Code of the element type, see `tensor-types.ts`; 0 where it is not declared. */
  readonly elementType: number;
  /** null: not even the rank is declared. */
  readonly shape: Shape | null;
}

function dimensionOf(dim: DimensionProto): number | null {
  if (dim.value.case !== 'dimValue') return null;
  // old exporters wrote 0 or -1 for a dynamic dimension
  return dim.value.value > 0n ? Number(dim.value.value) : null;
}

/** The tensor type of a value, or null for a sequence, a map or another kind of value. */
export function tensorTypeOf(value: ValueInfoProto): TensorType | null {
  if (value.type === undefined) return { elementType: 0, shape: null };
  const { value: type } = value.type;
  if (type.case !== 'tensorType') return null;
  return { elementType: type.value.elemType, shape: type.value.shape?.dim.map(dimensionOf) ?? null };
}

/** For messages: `pixel_values float32[batch_size,3,224,224]`. */
export function describeValue(value: ValueInfoProto): string {
  return shortened(describeWhole(value), 200);
}

function describeWhole(value: ValueInfoProto): string {
  const type = value.type?.value;
  if (type?.case === undefined) return `${value.name} of unknown type`;
  if (type.case !== 'tensorType') return `${value.name} (a ${type.case.replace('Type', '')})`;
  const dims = type.value.shape?.dim.map(({ value: dim }) => (dim.case === undefined ? '?' : String(dim.value)));
  return `${value.name} ${elementTypeName(type.value.elemType)}${dims === undefined ? '' : `[${dims.join(',')}]`}`;
}

/** {@link describeValue} of several values, at most eight of them. */
export function describeValues(values: readonly ValueInfoProto[]): string {
  const shown = values.slice(0, 8).map(describeValue).join(', ');
  return values.length > 8 ? `${shown} and ${values.length - 8} more` : shown;
}
