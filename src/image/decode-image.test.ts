import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { type DecodeOptions, decodeImage } from './decode-image.js';
import { preprocessReference } from './preprocess-reference.js';
import type { RgbImage } from './rgb-image.js';

function pathOf(name: string): string {
  return fileURLToPath(new URL(`../../test/pictures/${name}`, import.meta.url));
}

function picture(name: string): Buffer {
  return readFileSync(pathOf(name));
}

async function errorOf(bytes: Uint8Array, options: DecodeOptions = {}): Promise<HornetError> {
  try {
    await decodeImage(bytes, options);
  } catch (error) {
    if (error instanceof HornetError) return error;
    throw error;
  }
  throw new Error('was decoded');
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const edges = Buffer.alloc(8);
  edges.writeUInt32BE(data.length, 0);
  edges.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([edges.subarray(0, 4), body, edges.subarray(4)]);
}

/** A black PNG of 1 bit to a pixel: the most pixels for the fewest bytes. */
function blackPng(size: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  const rows = deflateSync(Buffer.alloc((Math.ceil(size / 8) + 1) * size), { level: 1 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

/** A TIFF of one pixel of CMYK, 16 bits to a sample, not packed. */
function cmyk16Tiff(samples: readonly number[]): Buffer {
  const [short, long] = [3, 4];
  const entries = [
    [256, short, 1, 1],
    [257, short, 1, 1],
    [258, short, 4, 130],
    [259, short, 1, 1],
    [262, short, 1, 5],
    [273, long, 1, 138],
    [277, short, 1, 4],
    [278, short, 1, 1],
    [279, long, 1, 8],
  ] as const;
  const tiff = Buffer.alloc(146);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries.length, 8);
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + 12 * index;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  }
  for (let sample = 0; sample < 4; sample++) {
    tiff.writeUInt16LE(16, 130 + 2 * sample);
    tiff.writeUInt16LE(samples[sample] as number, 138 + 2 * sample);
  }
  return tiff;
}

it('decodeImage takes the upper half of CMYK of 16 bits, as Pillow does', async () => {
  // Pillow 13: the same pixel as (12, 100, 200, 50) of 8 bits.
  const { data, width, height } = await decodeImage(cmyk16Tiff([0x0c07, 0x6400, 0xc8ff, 0x3201]));
  expect([width, height, ...data]).toEqual([1, 1, 195, 125, 44]);
});

describe('decodeImage: limits', () => {
  const jpeg = picture('scene-640x480.jpg');

  it('refuses more bytes than allowed before looking at them', async () => {
    const error = await errorOf(Buffer.alloc(101), { maxBytes: 100 });
    expect(error.code).toBe('ERR_IMAGE_TOO_LARGE');
    expect(error.details).toEqual({ bytes: 101, maxBytes: 100 });
    await expect(decodeImage(jpeg, { maxBytes: jpeg.length })).resolves.toMatchObject({ width: 640 });
  });

  it.each(['scene-640x480.jpg', 'scene-333x251.png', 'digit-2.webp', 'digit-4.gif', 'digit-6.tif'])(
    'refuses more pixels than allowed from the header of %s, naming its size',
    async (name) => {
      const { width, height } = await decodeImage(picture(name));
      await expect(decodeImage(picture(name), { maxPixels: width * height })).resolves.toBeDefined();
      const error = await errorOf(picture(name), { maxPixels: width * height - 1 });
      expect({ code: error.code, status: error.status }).toEqual({ code: 'ERR_IMAGE_TOO_MANY_PIXELS', status: 413 });
      expect(error.message).toContain(`${width} x ${height} pixels`);
    },
  );

  it('ends a decode that takes longer than its time limit', async () => {
    // 256 million pixels take three seconds on the machines of 2026; the limit is the smallest there is.
    const error = await errorOf(blackPng(16_000), { maxPixels: 2 ** 28, timeoutMs: 1 });
    expect(error.code).toBe('ERR_IMAGE_DECODE_TIMEOUT');
  });

  it('does not begin for a caller who has gone', async () => {
    expect((await errorOf(jpeg, { signal: AbortSignal.abort() })).code).toBe('ERR_CANCELLED');
  });

  it('gives a caller who went away while decoding no picture', async () => {
    const controller = new AbortController();
    const error = errorOf(jpeg, { signal: controller.signal });
    controller.abort();
    expect((await error).code).toBe('ERR_CANCELLED');
  });
});

describe('decodeImage: what is taken', () => {
  it('takes the first page of a TIFF, and pictures in memory at any offset', async () => {
    const padded = Buffer.concat([Buffer.alloc(3), picture('digit-6.tif')]);
    const { width, height, data } = await decodeImage(padded.subarray(3));
    expect([width, height, data.byteLength]).toEqual([120, 120, 120 * 120 * 3]);
  });

  it('refuses a file cut off anywhere with one clean line', async () => {
    for (const name of ['scene-640x480.jpg', 'scene-333x251.png', 'digit-2.webp', 'digit-4.gif']) {
      const bytes = picture(name);
      for (const part of [0.1, 0.3, 0.6, 0.9]) {
        const error = await errorOf(bytes.subarray(0, Math.floor(bytes.length * part)));
        expect(error.code, name).toBe('ERR_IMAGE_UNDECODABLE');
        expect(error.message).toMatch(/^The image cannot be decoded: [^/\n]+\.$/);
      }
    }
  });

  it('takes a JPEG with a damaged stretch in its middle, as Pillow does', async () => {
    const bytes = Buffer.from(picture('scene-640x480.jpg'));
    bytes.fill(0, 12_000, 12_020);
    await expect(decodeImage(bytes)).resolves.toMatchObject({ width: 640, height: 480 });
  });

  it('keeps every other loader of libvips blocked, for files on disk too', async () => {
    await decodeImage(picture('dot-1x1.png'));
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>');
    const avif = await sharp(picture('digit-0.png')).avif({ effort: 0 }).toBuffer();
    for (const input of [svg, avif, pathOf('dot-1x1.png'), pathOf('scene-640x480.jpg'), pathOf('digit-6.tif')]) {
      await expect(sharp(input).metadata()).rejects.toThrow(/unsupported image format/);
    }
  });
});

describe('decodeImage: fast mode', () => {
  const edge = 64;

  function small(image: RgbImage): Uint8Array {
    const target = new Uint8Array(edge * edge * 3);
    const plan = { resizeWidth: Math.trunc((edge * image.width) / image.height), resizeHeight: edge, filter: 3 };
    const output = { cropWidth: edge, cropHeight: edge, flipChannels: false, planar: false, table: null };
    preprocessReference(
      image.data,
      { sourceWidth: image.width, sourceHeight: image.height, ...plan, ...output },
      target,
    );
    return target;
  }

  it('decodes a large JPEG smaller, never below twice the edge, and hardly otherwise', async () => {
    const jpeg = picture('scene-640x480.jpg');
    const exact = await decodeImage(jpeg, { targetEdge: edge });
    const fast = await decodeImage(jpeg, { mode: 'fast', targetEdge: edge });
    expect([exact.width, exact.height, fast.width, fast.height]).toEqual([640, 480, 170, 128]);
    const [expected, found] = [small(exact), small(fast)];
    const difference = expected.reduce((sum, value, i) => sum + Math.abs(value - (found[i] as number)), 0);
    expect(difference / expected.length).toBeLessThan(1);
  });

  it('turns the picture upright as exact mode does', async () => {
    const turned = await sharp(picture('scene-640x480.jpg')).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const fast = await decodeImage(turned, { mode: 'fast', targetEdge: edge });
    expect([fast.width, fast.height]).toEqual([128, 170]);
  });

  it.each(['scene-640x480.jpg', 'scene-333x251.png', 'cmyk-201x150.jpg'])(
    'decodes %s exactly where it is too small, or no colour JPEG, or the edge is not known',
    async (name) => {
      const exact = await decodeImage(picture(name));
      const targetEdge = name === 'scene-640x480.jpg' ? 224 : 8;
      for (const options of [{ mode: 'fast', targetEdge }, { mode: 'fast' }] as const) {
        const fast = await decodeImage(picture(name), options);
        expect(Buffer.compare(fast.data, exact.data)).toBe(0);
      }
    },
  );
});
