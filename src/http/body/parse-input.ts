import type { ClassifyInput, InputLimits } from './classify-input.js';
import { parseBase64Image } from './parse-base64.js';
import { parseJsonInput } from './parse-json-input.js';
import { parseMultipart } from './parse-multipart.js';
import { sniffInput } from './sniff-input.js';

/**
 * What a body asks for: an image as it is, in base64, in JSON, or in a form. Decided by its bytes.
 * @throws ERR_REQUEST_INVALID, ERR_PARAMETER_INVALID, ERR_BODY_EMPTY, ERR_TOO_MANY_IMAGES
 */
export function parseInput(
  body: Buffer,
  contentType: string | undefined,
  limits: InputLimits,
): ClassifyInput | Promise<ClassifyInput> {
  switch (sniffInput(body, contentType)) {
    case 'image':
      return single(body);
    case 'base64':
      return single(parseBase64Image(body.toString('latin1').replace(/^\xef\xbb\xbf/, ''), 'body'));
    case 'json':
      return parseJsonInput(body, limits);
    case 'form':
      return parseMultipart(body, contentType, limits);
  }
}

function single(bytes: Buffer): ClassifyInput {
  return { images: [{ bytes, field: 'body' }], isList: false, parameters: {} };
}
