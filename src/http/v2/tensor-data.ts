import { HornetError } from '../../errors/hornet-error.js';
import { toFloat16Bits } from '../../image/float16.js';
import type { TensorDatatype } from '../../serving/model-signature.js';

/** A tensor as a request describes it; `name` is for messages. */
export interface DescribedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Something about the data of an input that is not allowed. */
export function dataError(name: string, problem: string): HornetError {
  return new HornetError('ERR_PARAMETER_INVALID', `Input "${name}": ${problem}.`, { details: { input: name } });
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Calls back for each element of JSON data, in order: flat, or nested exactly as the shape says.
 * @throws ERR_PARAMETER_INVALID naming the input
 */
export function forEachElement(
  data: unknown,
  { name, shape }: DescribedTensor,
  put: (element: unknown, index: number) => void,
): void {
  const count = elementCount(shape);
  if (!Array.isArray(data)) throw dataError(name, '"data" must be an array');
  let index = 0;
  const walk = (list: unknown, level: number): void => {
    const expected = shape[level] as number;
    if (!Array.isArray(list) || list.length !== expected) {
      const found = Array.isArray(list) ? `an array of ${list.length}` : 'no array';
      throw dataError(
        name,
        `"data" has ${found} in dimension ${level}, the shape [${shape.join(', ')}] says ${expected}`,
      );
    }
    for (const entry of list as readonly unknown[]) {
      if (level + 1 < shape.length) walk(entry, level + 1);
      else put(entry, index++);
    }
  };
  if (Array.isArray(data[0])) {
    walk(data, 0);
    return;
  }
  if (data.length !== count) {
    throw dataError(name, `"data" has ${data.length} elements, the shape [${shape.join(', ')}] says ${count}`);
  }
  for (const entry of data as readonly unknown[]) put(entry, index++);
}

/**
 * The bytes of a tensor whose elements are given in JSON, little-endian.
 * @throws ERR_PARAMETER_INVALID naming the input and the element
 */
export function numericBytes(data: unknown, tensor: DescribedTensor, datatype: TensorDatatype): Uint8Array {
  const { name } = tensor;
  const elements = elementsOf(datatype, elementCount(tensor.shape));
  const isInteger = datatype === 'UINT8';
  const isHalf = datatype === 'FP16';
  forEachElement(data, tensor, (element, index) => {
    if (typeof element !== 'number') throw dataError(name, `element ${index} of "data" is no number`);
    if (isInteger && !(Number.isInteger(element) && element >= 0 && element <= 255)) {
      throw dataError(name, `element ${index} of "data" is ${element}; UINT8 has integers from 0 to 255`);
    }
    elements[index] = isHalf ? toFloat16Bits(element) : element;
  });
  return new Uint8Array(elements.buffer);
}

function elementsOf(datatype: TensorDatatype, count: number): Float32Array | Uint16Array | Uint8Array {
  switch (datatype) {
    case 'FP32':
      return new Float32Array(count);
    case 'FP16':
      return new Uint16Array(count);
    case 'UINT8':
      return new Uint8Array(count);
  }
}
