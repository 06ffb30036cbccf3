import { fileKind } from '../../image/sniff-image-type.js';
import { decodeBase64 } from './parse-base64.js';

/** What a body is. What is nothing of all that is an `image` too, and is refused as one, with what it looks like. */
export type InputKind = 'image' | 'json' | 'form' | 'base64';

/** How much of a body that may be base64 is looked at; a multiple of 4. */
const headBytes = 1024;

/**
 * Tells from the first bytes what a body is. The Content-Type is believed only where it says that this is a form and the
 * bytes do not speak against it: clients send images as `application/x-www-form-urlencoded`, or say nothing.
 */
export function sniffInput(body: Buffer, contentType: string | undefined): InputKind {
  const [first] = body;
  // No text begins so, but for one with a byte order mark. The usual way out.
  if (first === undefined || (first >= 0x80 && first !== 0xef)) return 'image';
  if (fileKind(body) !== undefined) return 'image';
  const head = body.toString('latin1', 0, headBytes).replace(/^\xef\xbb\xbf/, '');
  if (/^\s*[{["]/.test(head)) return 'json';
  if (isFormType(contentType) || /^(?:\r\n)?--[^\r\n]{1,70}\r\n/.test(head)) return 'form';
  return isBase64(head) ? 'base64' : 'image';
}

/** Whether a Content-Type says `multipart/form-data`. */
export function isFormType(contentType: string | undefined): boolean {
  return /^multipart\/form-data\s*(?:;|$)/i.test(contentType ?? '');
}

/** Letters alone could be any text: what they stand for must begin like a file. */
function isBase64(head: string): boolean {
  if (/^\s*data:/i.test(head)) return true;
  const text = head.replace(/\s+/g, '');
  const bytes = decodeBase64(text.slice(0, text.length - (text.length % 4 === 1 ? 1 : 0)));
  return bytes !== undefined && fileKind(bytes) !== undefined;
}
