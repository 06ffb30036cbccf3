import { parseBase64Image } from '../body/parse-base64.js';
import { type DescribedTensor, dataError, elementCount, forEachElement } from './tensor-data.js';

/** In front of each element: its length, little-endian. */
const lengthBytes = 4;

/**
 * The elements of a binary BYTES tensor, which share the memory of the body.
 * @throws ERR_PARAMETER_INVALID naming the input
 */
export function splitBytes(body: Buffer, { name, shape }: DescribedTensor): Uint8Array[] {
  const count = elementCount(shape);
  const elements: Uint8Array[] = [];
  let at = 0;
  while (elements.length < count) {
    if (at + lengthBytes > body.length) {
      throw dataError(name, `its bytes end after ${elements.length} of ${count} elements`);
    }
    const length = body.readUInt32LE(at);
    at += lengthBytes;
    if (length > body.length - at) {
      const problem = `element ${elements.length} is said to have ${length} bytes; ${body.length - at} are left`;
      throw dataError(name, problem);
    }
    elements.push(body.subarray(at, at + length));
    at += length;
  }
  if (at < body.length) throw dataError(name, `${body.length - at} bytes are left after ${count} elements`);
  return elements;
}

/**
 * The elements of a BYTES tensor in JSON, which are base64 there.
 * @throws ERR_PARAMETER_INVALID or ERR_BODY_EMPTY, naming the input and the element
 */
export function decodeBytes(data: unknown, tensor: DescribedTensor): Uint8Array[] {
  const elements: Uint8Array[] = [];
  forEachElement(data, tensor, (element, index) => {
    if (typeof element !== 'string') throw dataError(tensor.name, `element ${index} of "data" is no string`);
    elements.push(parseBase64Image(element, `Input "${tensor.name}", element ${index}`));
  });
  return elements;
}

/** A binary BYTES tensor of texts, in UTF-8. */
export function joinBytes(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const element = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(element.length);
      return [length, element];
    }),
  );
}
