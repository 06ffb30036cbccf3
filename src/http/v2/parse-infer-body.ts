import type { Request } from 'express';
import { shortened } from '../../errors/describe-value.js';
import { HornetError } from '../../errors/hornet-error.js';
import { isObject } from '../../schema/is-object.js';
import type { ModelSignature } from '../../serving/model-signature.js';
import { parseJson } from '../body/parse-json.js';
import { checkValue } from '../check-parameters.js';
import { type InferRequest, inferRequestSchema, maxDimensions, maxTensors } from './infer-schemas.js';

/** Of requests and answers: bytes of the JSON in front of binary tensors, before any compression. */
export const headerLengthName = 'Inference-Header-Content-Length';

/** The JSON of an inference, and what comes after it. */
export interface InferBody {
  readonly request: InferRequest;
  /** Null where the header says that all is JSON. */
  readonly binary: Buffer | null;
}

/**
 * Bytes of the JSON, as the header says; undefined without one.
 * @throws ERR_PARAMETER_INVALID naming the header
 */
export function announcedHeaderLength(request: Pick<Request, 'get'>): number | undefined {
  const header = request.get(headerLengthName);
  if (header === undefined) return undefined;
  const length = /^\d{1,15}$/.test(header) ? Number(header) : Number.NaN;
  if (length > 0) return length;
  if (length === 0) {
    throw new HornetError('ERR_PARAMETER_INVALID', `The header ${headerLengthName} is 0: a body without JSON.`, {
      remedy: 'Say in JSON which input it is for, or send the bytes of a picture to POST /models/NAME/classify.',
    });
  }
  const message = `The header ${headerLengthName} is "${shortened(header, 200)}"; the number of bytes of the JSON was expected.`;
  throw new HornetError('ERR_PARAMETER_INVALID', message);
}

/**
 * Lists, objects and fields of the largest request that is taken, with nested data.
 * @param maxImages most pictures in one request
 */
export function maxJsonParts({ input }: Pick<ModelSignature, 'input'>, maxImages: number): number {
  const [planes = 0, lines = 0] = input.shape;
  return 10_000 + maxImages * (1 + planes * (1 + lines));
}

/**
 * Takes a body apart.
 * @param headerLength as announced
 * @param maxParts as of `parseJson`
 * @throws ERR_REQUEST_INVALID where it is no JSON or is shorter than that, ERR_PARAMETER_INVALID naming every field that
 *   is not allowed
 */
export function parseInferBody(body: Buffer, headerLength: number | undefined, maxParts: number): InferBody {
  if (body.length === 0) throw new HornetError('ERR_REQUEST_INVALID', 'The request has no body; JSON was expected.');
  const jsonBytes = headerLength ?? body.length;
  if (jsonBytes > body.length) {
    const message = `The header ${headerLengthName} says ${jsonBytes} bytes; the body has ${body.length}.`;
    throw new HornetError('ERR_REQUEST_INVALID', message);
  }
  const json = parseJson(body.subarray(0, jsonBytes), maxParts);
  checkLengths(json);
  return {
    request: checkValue(inferRequestSchema, json, 'field of the body'),
    binary: headerLength === undefined ? null : body.subarray(jsonBytes),
  };
}

/** Before the schema looks at each entry of a list: there may be millions of them. */
function checkLengths(json: unknown): void {
  const check = (owner: unknown, key: string, path: string, max: number): readonly unknown[] => {
    const list: unknown = isObject(owner) ? owner[key] : undefined;
    if (!Array.isArray(list)) return [];
    if (list.length <= max) return list;
    const message = `A field of the body is not allowed: ${path}${key}: it has ${list.length} entries; at most ${max} are accepted.`;
    throw new HornetError('ERR_PARAMETER_INVALID', message);
  };
  check(json, 'outputs', '', maxTensors);
  for (const [index, input] of check(json, 'inputs', '', maxTensors).entries()) {
    check(input, 'shape', `inputs.${index}.`, maxDimensions);
  }
}
