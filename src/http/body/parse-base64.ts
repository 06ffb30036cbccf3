import { HornetError } from '../../errors/hornet-error.js';

/**
 * An image in base64, or as a data: URL. Both alphabets, white space and missing padding are fine; anything else in it is
 * not.
 * @param field where the text is, for the message
 * @throws ERR_PARAMETER_INVALID, with the field in its message and its details; ERR_BODY_EMPTY for an empty text
 */
export function parseBase64Image(text: string, field: string): Buffer {
  const data = /^\s*data:/i.test(text.slice(0, 64)) ? ofDataUrl(text, field) : text;
  if (data.trim() === '') {
    throw new HornetError('ERR_BODY_EMPTY', `${field}: There is no image: the text is empty.`, { details: { field } });
  }
  const bytes = decodeBase64(data);
  if (bytes !== undefined) return bytes;
  throw invalid(
    field,
    /^\s*https?:\/\//i.test(text.slice(0, 64))
      ? 'It is the address of an image; addresses are not fetched'
      : 'It is not base64',
  );
}

/** What a base64 text stands for; undefined where it has characters that do not belong there, or is cut off. */
export function decodeBase64(text: string): Buffer | undefined {
  return decodeStrictly(text) ?? (/\s/.test(text) ? decodeStrictly(withoutWhiteSpace(text)) : undefined);
}

/** Not by a regular expression: of a text with a space after every letter, that would take seconds. */
function withoutWhiteSpace(text: string): string {
  // What is no ASCII has bytes that do not belong into base64 either.
  const bytes = Buffer.from(text, 'utf8');
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) bytes[length++] = byte;
  }
  return bytes.toString('latin1', 0, length);
}

/** Node leaves out what it does not know, so anything odd makes the result too short: no need to look at each character. */
function decodeStrictly(text: string): Buffer | undefined {
  let { length } = text;
  for (let padding = 0; padding < 2 && text.charAt(length - 1) === '='; padding++) length--;
  if (length % 4 === 1) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === Math.floor((length * 3) / 4) ? bytes : undefined;
}

/** Longest part of a data: URL before its data. */
const maxPrefix = 256;

/** @see https://www.rfc-editor.org/rfc/rfc2397 */
function ofDataUrl(text: string, field: string): string {
  const comma = text.slice(0, maxPrefix).indexOf(',');
  if (comma !== -1 && /;\s*base64\s*$/i.test(text.slice(0, comma))) return text.slice(comma + 1);
  throw invalid(field, 'It is a data: URL that is not in base64');
}

function invalid(field: string, problem: string): HornetError {
  return new HornetError('ERR_PARAMETER_INVALID', `${field}: ${problem}.`, {
    remedy: 'Send the bytes of an image file in base64.',
    details: { field },
  });
}
