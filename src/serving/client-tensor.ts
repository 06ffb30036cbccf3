import { HornetError } from '../errors/hornet-error.js';
import type { ModelSignature } from './model-signature.js';

/** A tensor that a caller has made, of one or several pictures. */
export interface ClientTensor {
  readonly name: string;
  /** As in the Open Inference Protocol, such as FP32. */
  readonly datatype: string;
  /** Pictures first, such as [2, 3, 224, 224]. */
  readonly shape: readonly number[];
  /** All elements, row-major and little-endian; must not change until the answer is there. */
  readonly bytes: Uint8Array;
}

/**
 * Whether a model takes a tensor of this name, datatype and shape.
 * @returns how many pictures it has
 * @throws ERR_PARAMETER_INVALID naming the input, and what was expected of it
 */
export function checkShape(
  { name, datatype, shape }: Omit<ClientTensor, 'bytes'>,
  { input }: Pick<ModelSignature, 'input'>,
): number {
  if (name !== input.name) throw refusal(name, `is not the model's; that is "${input.name}"`);
  if (datatype !== input.datatype) {
    throw refusal(name, `has datatype ${JSON.stringify(datatype)}; ${input.datatype} was expected`);
  }
  const [images = 0, ...ofImage] = shape;
  if (ofImage.join() !== input.shape.join() || !Number.isSafeInteger(images) || images < 1) {
    const expected = `[n, ${input.shape.join(', ')}] was expected, with n at least 1`;
    throw refusal(name, `has shape [${shape.join(', ')}]; ${expected}`);
  }
  return images;
}

/**
 * Whether a model takes a tensor as it is.
 * @returns how many pictures it has
 * @throws as {@link checkShape}
 */
export function checkTensor(tensor: ClientTensor, signature: Pick<ModelSignature, 'input'>): number {
  const images = checkShape(tensor, signature);
  const bytes = images * signature.input.imageBytes;
  if (tensor.bytes.byteLength === bytes) return images;
  throw refusal(tensor.name, `has ${tensor.bytes.byteLength} bytes; ${bytes} were expected`);
}

function refusal(input: string, problem: string): HornetError {
  return new HornetError('ERR_PARAMETER_INVALID', `Input "${input}" ${problem}.`, { details: { input } });
}
