import { inflateSync } from 'node:zlib';
import { exifOrientation } from './exif-orientation.js';

/** Of a chunk: length and type in front of its data, and the checksum behind it. */
const [headBytes, checksumBytes] = [8, 4];
const signatureBytes = 8;
const profileName = 'Raw profile type exif';
/** As Pillow's MAX_TEXT_CHUNK. */
const mostTextBytes = 2 ** 20;

/** What a PNG says of its orientation where libvips does not look. */
export interface PngOrientation {
  /** From EXIF data behind the pixels, or in a text; undefined: none is there, or there is EXIF data in front. */
  readonly exif: number | undefined;
  /** Whether it has XMP data, which may be compressed. */
  readonly hasXmp: boolean;
}

/**
 * Walks the chunks of a PNG; what is damaged counts as absent.
 * @see https://github.com/python-pillow/Pillow/blob/main/src/PIL/PngImagePlugin.py (chunk_eXIf, chunk_zTXt, chunk_iTXt)
 */
export function readPngOrientation(png: Buffer): PngOrientation {
  let hasPixels = false;
  let isInFront = false;
  let behind: Buffer | undefined;
  let profile: Buffer | undefined;
  let hasXmp = false;
  for (let at = signatureBytes; at + headBytes <= png.length; ) {
    const bytes = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + headBytes);
    const data = png.subarray(at + headBytes, at + headBytes + bytes);
    if (type === 'IDAT') hasPixels = true;
    else if (type === 'eXIf' && !hasPixels) isInFront = true;
    else if (type === 'eXIf') behind = data;
    else if (keywordOf(data) === profileName) profile = textOf(type, data) ?? profile;
    else if (type === 'iTXt' && keywordOf(data) === 'XML:com.adobe.xmp') hasXmp = true;
    at += headBytes + bytes + checksumBytes;
  }
  const exif = behind ?? (profile && fromHex(profile));
  return { exif: isInFront || exif === undefined ? undefined : exifOrientation(exif), hasXmp };
}

function keywordOf(data: Buffer): string {
  return data.toString('latin1', 0, Math.max(0, data.subarray(0, 80).indexOf(0)));
}

/** Of a chunk with a text; undefined for other chunks, and where it cannot be unpacked. */
function textOf(type: string, data: Buffer): Buffer | undefined {
  const start = data.indexOf(0) + 1;
  if (type === 'tEXt') return data.subarray(start);
  if (type === 'zTXt') return unpacked(data.subarray(start + 1));
  if (type !== 'iTXt') return undefined;
  const translated = data.indexOf(0, start + 2) + 1;
  const text = data.subarray(data.indexOf(0, translated) + 1);
  return data[start] === 0 ? text : unpacked(text);
}

function unpacked(text: Buffer): Buffer | undefined {
  try {
    return inflateSync(text, { maxOutputLength: mostTextBytes });
  } catch {
    return undefined;
  }
}

/** A line break, the kind of data, its length, and then lines of hexadecimal digits. */
function fromHex(profile: Buffer): Buffer {
  return Buffer.from(profile.toString('latin1').split('\n').slice(3).join(''), 'hex');
}
