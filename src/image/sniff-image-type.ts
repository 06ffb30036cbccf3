import { HornetError } from '../errors/hornet-error.js';

/** Kinds of files that are decoded. */
export type ImageType = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff';

interface Signature<Name> {
  readonly name: Name;
  /** Latin-1 text that the file has at `offset`, default 0. */
  readonly magic: string;
  readonly offset?: number;
}

const accepted: readonly Signature<ImageType>[] = [
  { name: 'jpeg', magic: '\xff\xd8\xff' },
  { name: 'png', magic: '\x89PNG\r\n\x1a\n' },
  { name: 'gif', magic: 'GIF87a' },
  { name: 'gif', magic: 'GIF89a' },
  { name: 'tiff', magic: 'II*\0' },
  { name: 'tiff', magic: 'MM\0*' },
  // BigTIFF
  { name: 'tiff', magic: 'II+\0' },
  { name: 'tiff', magic: 'MM\0+' },
];

const refused: readonly Signature<string>[] = [
  { name: 'AVIF', magic: 'ftypavif', offset: 4 },
  { name: 'AVIF', magic: 'ftypavis', offset: 4 },
  { name: 'HEIF', magic: 'ftyphei', offset: 4 },
  { name: 'HEIF', magic: 'ftyphev', offset: 4 },
  { name: 'HEIF', magic: 'ftypmif1', offset: 4 },
  { name: 'HEIF', magic: 'ftypmsf1', offset: 4 },
  { name: 'an MP4 or QuickTime video', magic: 'ftyp', offset: 4 },
  { name: 'JPEG XL', magic: '\xff\x0a' },
  { name: 'JPEG XL', magic: '\0\0\0\x0cJXL ' },
  { name: 'JPEG 2000', magic: '\0\0\0\x0cjP  ' },
  { name: 'JPEG 2000', magic: '\xff\x4f\xff\x51' },
  { name: 'PDF', magic: '%PDF' },
  { name: 'a Photoshop document', magic: '8BPS' },
  { name: 'an icon (ICO)', magic: '\0\0\x01\0' },
  { name: 'OpenEXR', magic: 'v/1\x01' },
  { name: 'a WebM or Matroska video', magic: '\x1aE\xdf\xa3' },
  { name: 'a ZIP archive', magic: 'PK\x03\x04' },
  { name: 'gzip', magic: '\x1f\x8b' },
  { name: 'BMP', magic: 'BM' },
];

/** No signature is longer, with what comes before it. */
const signatureBytes = 16;

const sentence = 'JPEG, PNG, WebP, GIF and TIFF are accepted';

/** How many bytes are looked at to tell SVG, HTML and other text. */
const textBytes = 1024;

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', start, end);
}

function find<Name>(head: string, signatures: readonly Signature<Name>[]): Name | undefined {
  return signatures.find(({ magic, offset = 0 }) => head.startsWith(magic, offset))?.name;
}

/** What a file is by the signature at its beginning; undefined for what has none, as text. */
export function fileKind(bytes: Uint8Array): string | undefined {
  const head = latin1(bytes, 0, signatureBytes);
  return find(head, accepted) ?? find(head, refused) ?? (head.startsWith('RIFF') ? 'RIFF' : undefined);
}

/** What a text begins like, or undefined where it has bytes that no text has. */
function nameText(head: string): string | undefined {
  for (let i = 0; i < head.length; i++) {
    const code = head.charCodeAt(i);
    if (code < 32 && code !== 9 && code !== 10 && code !== 12 && code !== 13) return undefined;
  }
  const text = head.toLowerCase();
  if (/<svg[\s>]/.test(text)) return 'SVG';
  if (/<!doctype html|<html[\s>]/.test(text)) return 'HTML';
  if (/^\s*[{[]/.test(text)) return 'JSON';
  return 'text';
}

/**
 * Tells the kind of an image file from its first bytes alone; names and content types are not asked.
 * @throws ERR_BODY_EMPTY for no bytes at all
 * @throws ERR_IMAGE_UNSUPPORTED for anything but the five kinds, naming what it looks like where that is known
 */
export function sniffImageType(bytes: Uint8Array): ImageType {
  if (bytes.byteLength === 0) throw new HornetError('ERR_BODY_EMPTY', 'There is no image: the body has no bytes.');
  const head = latin1(bytes, 0, textBytes);
  const type = find(head, accepted);
  if (type !== undefined) return type;
  if (head.startsWith('RIFF')) {
    if (head.startsWith('WEBP', 8)) return 'webp';
    throw new HornetError(
      'ERR_IMAGE_UNSUPPORTED',
      `The file looks like a RIFF container that is not WebP; ${sentence}.`,
    );
  }
  const looksLike = find(head, refused) ?? nameText(head);
  throw new HornetError(
    'ERR_IMAGE_UNSUPPORTED',
    looksLike === undefined
      ? `The file is not of a known image kind; ${sentence}.`
      : `The file looks like ${looksLike}; ${sentence}.`,
    looksLike === undefined ? {} : { details: { looksLike } },
  );
}
