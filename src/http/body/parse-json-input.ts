import type { z } from 'zod';
import { HornetError } from '../../errors/hornet-error.js';
import { checkValue } from '../check-parameters.js';
import { type ClassifyParameters, classifyBodySchema, type classifyParametersSchema } from '../classify-schemas.js';
import type { ClassifyInput, InputLimits } from './classify-input.js';
import { parseBase64Image } from './parse-base64.js';
import { parseJson } from './parse-json.js';
import { tooManyImages } from './too-many-images.js';

/**
 * `{"inputs": base64 | [base64...], "parameters": {"top_k", "function_to_apply"}}`, as Hugging Face's clients send it.
 * @throws ERR_REQUEST_INVALID when it is no JSON object; ERR_PARAMETER_INVALID naming the field; ERR_BODY_EMPTY;
 *   ERR_TOO_MANY_IMAGES
 */
export function parseJsonInput(body: Buffer, { maxImages }: InputLimits): ClassifyInput {
  checkStructure(body, maxImages);
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HornetError('ERR_REQUEST_INVALID', 'The body is JSON, but no object with the field "inputs".');
  }
  const given = value as Readonly<Record<string, unknown>>;
  for (const name of ['top_k', 'function_to_apply']) {
    if (name in given) {
      throw new HornetError('ERR_PARAMETER_INVALID', `${name}: It belongs into the field "parameters".`, {
        details: { field: name },
      });
    }
  }
  if (Array.isArray(given.inputs) && given.inputs.length > maxImages) {
    throw tooManyImages(String(given.inputs.length), maxImages);
  }
  const { inputs, parameters } = checkValue(classifyBodySchema, value, 'field of the body');
  const images =
    typeof inputs === 'string'
      ? [{ field: 'inputs', bytes: parseBase64Image(inputs, 'inputs') }]
      : inputs.map((text, index) => imageAt(text, index));
  return { images, isList: typeof inputs !== 'string', parameters: withoutNulls(parameters ?? {}) };
}

/** Characters of JSON that begin another value. */
const separators = [...',[{'].map((character) => character.charCodeAt(0));

/** Values beside the images that a body may have. */
const otherValues = 256;

/**
 * Refuses, before it is parsed, what has far more values than can be asked for: as objects, millions of them would take
 * the memory and the time of everybody else. A data: URL has a comma of its own.
 */
function checkStructure(body: Buffer, maxImages: number): void {
  let left = 2 * maxImages + otherValues;
  for (const separator of separators) {
    for (let at = body.indexOf(separator); at !== -1; at = body.indexOf(separator, at + 1)) {
      left--;
      if (left < 0) {
        throw new HornetError(
          'ERR_TOO_MANY_IMAGES',
          `The JSON has more values than a request needs that has ${maxImages} images, which is the most.`,
          { details: { maxImages } },
        );
      }
    }
  }
}

function imageAt(text: string, index: number): ClassifyInput['images'][number] {
  const field = `inputs[${index}]`;
  try {
    return { field, bytes: parseBase64Image(text, field) };
  } catch (error) {
    throw error instanceof HornetError ? error.with({ details: { index } }) : error;
  }
}

function withoutNulls(given: z.infer<typeof classifyParametersSchema>): ClassifyParameters {
  const { top_k: topK, function_to_apply: functionToApply } = given;
  return {
    ...(topK == null ? {} : { top_k: topK }),
    ...(functionToApply == null ? {} : { function_to_apply: functionToApply }),
  };
}
