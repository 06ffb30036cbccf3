import { HornetError } from '../../errors/hornet-error.js';
import { type ClientTensor, checkShape, checkTensor } from '../../serving/client-tensor.js';
import type { ModelSignature } from '../../serving/model-signature.js';
import { decodeBytes, splitBytes } from './bytes-tensor.js';
import type { InferInput } from './infer-schemas.js';
import { pictureInput } from './model-metadata.js';
import { headerLengthName, type InferBody } from './parse-infer-body.js';
import { dataError, numericBytes } from './tensor-data.js';

/** What a request asks about: a tensor as the model takes it, or encoded pictures. */
export type InferSubject = {
  /** Of the input, for messages. */
  readonly name: string;
  readonly images: number;
  /** Bytes beside those of the body. */
  readonly extraBytes: number;
} & (
  | { readonly kind: 'tensor'; readonly tensor: ClientTensor }
  | { readonly kind: 'pictures'; readonly pictures: readonly Uint8Array[] }
);

/** What inputs are checked against. */
export interface InputRules {
  readonly signature: ModelSignature;
  /** Most pictures in one request. */
  readonly maxImages: number;
}

/**
 * Finds the one input of a request and its data.
 * @throws ERR_PARAMETER_INVALID or ERR_TOO_MANY_IMAGES, naming the input
 */
export function readInputs({ request: { inputs }, binary }: InferBody, rules: InputRules): InferSubject {
  const input = onlyInput(inputs, rules.signature);
  const { name, datatype, shape } = input;
  const { signature, maxImages } = rules;
  const isTensor = name === signature.input.name;
  const images = isTensor ? checkShape({ name, datatype, shape }, signature) : pictureCount(input);
  if (images > maxImages) {
    const message = `Input "${name}" has ${images} images; at most ${maxImages} are accepted in one request.`;
    throw new HornetError('ERR_TOO_MANY_IMAGES', message, { details: { input: name, images, maxImages } });
  }
  const bytes = binaryPart(input, binary);
  if (isTensor) {
    const elements = bytes ?? numericBytes(input.data, input, signature.input.datatype);
    const tensor = { name, datatype, shape, bytes: elements };
    checkTensor(tensor, signature);
    return { kind: 'tensor', name, images, tensor, extraBytes: bytes === null ? elements.byteLength : 0 };
  }
  const pictures = bytes === null ? decodeBytes(input.data, input) : splitBytes(bytes, input);
  const extraBytes = bytes === null ? pictures.reduce((sum, { byteLength }) => sum + byteLength, 0) : 0;
  return { kind: 'pictures', name, images, pictures, extraBytes };
}

function onlyInput(inputs: readonly InferInput[], signature: ModelSignature): InferInput {
  const names = [signature.input.name, pictureInput(signature)];
  const either = names.map((name) => `"${name}"`).join(' or ');
  const unknown = inputs.find(({ name }) => !names.includes(name));
  if (unknown !== undefined) throw dataError(unknown.name, `there is no such input; give ${either}`);
  const [input, second] = inputs;
  if (second !== undefined) {
    throw dataError(second.name, `there is "${input?.name}" already; a request has one input, ${either}`);
  }
  return input as InferInput;
}

function pictureCount({ name, datatype, shape }: InferInput): number {
  if (datatype !== 'BYTES') throw dataError(name, `datatype ${datatype} is given; BYTES was expected`);
  const [images = 0, ...rest] = shape;
  if (images >= 1 && (rest.length === 0 || (rest.length === 1 && rest[0] === 1))) return images;
  throw dataError(name, `shape [${shape.join(', ')}] is given; [n] or [n, 1] was expected, with n at least 1`);
}

/** The bytes of a binary input, null for one in JSON. */
function binaryPart({ name, parameters, data }: InferInput, binary: Buffer | null): Buffer | null {
  const size = parameters?.binary_data_size ?? null;
  const hasData = data !== undefined && data !== null;
  if (size === null) {
    if (!hasData) throw dataError(name, 'it has neither "data" nor the parameter binary_data_size');
    if (binary === null || binary.length === 0) return null;
    throw dataError(name, `${binary.length} bytes come after the JSON, and no input has a binary_data_size`);
  }
  if (hasData) throw dataError(name, 'it has both "data" and the parameter binary_data_size');
  if (binary === null) throw dataError(name, `binary data needs the header ${headerLengthName}`);
  if (size === binary.length) return binary;
  throw dataError(name, `binary_data_size is ${size}, and ${binary.length} bytes come after the JSON`);
}
