/** Values of TensorProto.DataType: the element types, by their codes in the file. */
export const elementType = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
} as const;

/** Value of TensorProto.data_location for a tensor whose data lies in another file. */
export const externalDataLocation = 1;

const namesByCode: ReadonlyMap<number, string> = new Map(
  Object.entries(elementType).map(([name, code]) => [code, name]),
);

/** `float32` and so on; `type 23` for a code that is not listed. */
export function elementTypeName(code: number): string {
  return namesByCode.get(code) ?? `type ${code}`;
}
