import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../package-info.js';
import { type DecodeOptions, decodeImage, openImage } from './decode-image.js';

/** Longer than it is high, and no two of its corners alike. */
const scene = join(packageRoot, 'test/pictures/scene-333x251.png');
const orientations = [1, 2, 3, 4, 5, 6, 7, 8];

const xmpOf = (orientation: number): string =>
  `<x:xmpmeta><rdf:Description tiff:Orientation="${orientation}"/></x:xmpmeta>`;

/** A TIFF header and a directory with one entry. */
function exifOf(orientation: number, isLittle = true): Buffer {
  const exif = Buffer.alloc(26);
  exif.write(isLittle ? 'II*\0' : 'MM\0*', 'latin1');
  const put = (value: number, at: number, bytes: number): unknown =>
    isLittle ? exif.writeUIntLE(value, at, bytes) : exif.writeUIntBE(value, at, bytes);
  for (const [value, at, bytes] of [
    [8, 4, 4],
    [1, 8, 2],
    [0x112, 10, 2],
    [3, 12, 2],
    [1, 14, 4],
    [orientation, 18, 2],
  ]) {
    put(Number(value), Number(at), Number(bytes));
  }
  return exif;
}

function pngChunk(type: string, data: string | Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data as string, 'latin1')]);
  const edges = Buffer.alloc(8);
  edges.writeUInt32BE(body.length - 4);
  edges.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([edges.subarray(0, 4), body, edges.subarray(4)]);
}

const png = readFileSync(scene);
/** With a chunk behind the header. */
const inFront = (type: string, data: string | Uint8Array): Buffer =>
  Buffer.concat([png.subarray(0, 33), pngChunk(type, data), png.subarray(33)]);
const behind = (type: string, data: string | Uint8Array): Buffer =>
  Buffer.concat([png.subarray(0, -12), pngChunk(type, data), png.subarray(-12)]);
const profileOf = (exif: Buffer): string =>
  `\nexif\n${String(exif.length).padStart(8)}\n${exif.toString('hex').replace(/.{20}/g, '$&\n')}\n`;

const pngWays: Record<string, (orientation: number) => Buffer> = {
  'EXIF data behind the pixels': (orientation) => behind('eXIf', exifOf(orientation)),
  'EXIF data behind the pixels, the other way round': (orientation) => behind('eXIf', exifOf(orientation, false)),
  'a text with EXIF data': (orientation) =>
    inFront(
      'tEXt',
      `Raw profile type exif\0${profileOf(Buffer.concat([Buffer.from('Exif\0\0'), exifOf(orientation)]))}`,
    ),
  'a packed text with EXIF data': (orientation) =>
    inFront(
      'zTXt',
      Buffer.concat([Buffer.from('Raw profile type exif\0\0'), deflateSync(profileOf(exifOf(orientation)))]),
    ),
  'XMP data': (orientation) => inFront('iTXt', `XML:com.adobe.xmp\0\0\0\0\0${xmpOf(orientation)}`),
  'packed XMP data': (orientation) =>
    inFront('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), deflateSync(xmpOf(orientation))])),
};

/** A picture's size, and a hash of what is in it. */
async function pixelsOf(
  file: Uint8Array,
  options: DecodeOptions = {},
): Promise<{ width: number; height: number; hash: string }> {
  const { data, width, height } = await decodeImage(file, options);
  return { width, height, hash: createHash('sha256').update(data).digest('hex') };
}

describe('a picture that does not lie upright', () => {
  it.each(Object.entries(pngWays))('is turned as Pillow does by %s of a PNG', async (_, marked) => {
    for (const orientation of orientations) {
      const expected = await pixelsOf(inFront('eXIf', exifOf(orientation)));
      expect(await pixelsOf(marked(orientation)), `orientation ${orientation}`).toEqual(expected);
    }
  });

  it.each(['jpeg', 'webp', 'tiff'] as const)('is turned as Pillow does by XMP data of a %s file', async (format) => {
    const file = (): Sharp => sharp(png).toFormat(format, format === 'webp' ? { lossless: true } : {});
    for (const orientation of orientations) {
      const expected = await pixelsOf(await file().withMetadata({ orientation }).toBuffer());
      const marked = await file().withXmp(xmpOf(orientation)).toBuffer();
      // In TIFF the field that says "upright" is written always, and counts more: it becomes one of another kind.
      const upright = Buffer.from([0x12, 1, 3, 0, 1, 0, 0, 0, 1]);
      if (marked.includes(upright)) marked[marked.indexOf(upright)] = 0x13;
      expect(await pixelsOf(marked), `orientation ${orientation}`).toEqual(expected);
    }
  });

  it('is turned once where EXIF data in front say how', async () => {
    const both = await sharp(png).withMetadata({ orientation: 6 }).withXmp(xmpOf(3)).jpeg().toBuffer();
    const one = await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await pixelsOf(both)).toEqual(await pixelsOf(one));
    const late = Buffer.concat([png.subarray(0, 33), pngChunk('eXIf', exifOf(6)), png.subarray(33, -12)]);
    const twice = Buffer.concat([late, pngChunk('eXIf', exifOf(3)), png.subarray(-12)]);
    expect(await pixelsOf(twice)).toEqual(await pixelsOf(inFront('eXIf', exifOf(6))));
  });

  it('is decoded exactly in fast mode, and the memory for turning it is counted', async () => {
    const large = sharp(png).resize(3330, 2510).jpeg();
    const marked = await large.clone().withXmp(xmpOf(6)).toBuffer();
    expect(await decodeImage(marked, { mode: 'fast', targetEdge: 224 })).toMatchObject({ width: 2510, height: 3330 });
    const plain = await openImage(await large.toBuffer());
    expect((await openImage(marked)).memoryBytes).toBe(2 * plain.memoryBytes);
  });

  it('stays as it is where what should say how is damaged', async () => {
    const expected = await pixelsOf(png);
    const damaged = [
      behind('eXIf', 'II*\0'),
      behind('eXIf', exifOf(9)),
      behind('eXIf', exifOf(6).subarray(0, 20)),
      inFront('tEXt', 'Raw profile type exif\0not hexadecimal'),
      inFront('zTXt', 'Raw profile type exif\0\0not packed'),
      inFront('iTXt', `XML:com.adobe.xmp\0\0\0\0\0${xmpOf(9)}`),
    ];
    for (const file of damaged) expect(await pixelsOf(file)).toEqual(expected);
  });
});
