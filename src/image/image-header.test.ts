import { readdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { openImage } from './decode-image.js';
import { decodingBytes, readImageHeader } from './image-header.js';
import { sniffImageType } from './sniff-image-type.js';

const folder = new URL('../../test/pictures/', import.meta.url);

function picture(name: string): Buffer {
  return readFileSync(new URL(name, folder));
}

const pictures = readdirSync(folder).filter((name) => /\.(jpg|png|webp|gif|tif)$/.test(name));

/** What is set aside for each pixel while a picture is decoded whole. */
async function bytesPerPixel(bytes: Uint8Array): Promise<number> {
  const header = await readImageHeader(bytes, sniffImageType(bytes));
  if (header === null) throw new Error('has no header');
  return decodingBytes(header, null, 1) / (header.width * header.height);
}

describe('openImage', () => {
  it.each(pictures)('sets aside at least what the pixels of %s take, in exact and in fast mode', async (name) => {
    for (const options of [{}, { mode: 'fast', targetEdge: 16 }] as const) {
      const opened = await openImage(picture(name), options);
      const { data } = await opened.decode();
      expect(opened.memoryBytes).toBeGreaterThanOrEqual(data.byteLength);
    }
  });

  it.each(['claims-60000x60000.png', 'claims-65500x65500.jpg', 'header-only.jpg'])(
    'sets nothing aside for %s, which decoding refuses',
    async (name) => {
      const opened = await openImage(picture(`invalid/${name}`));
      expect(opened.memoryBytes).toBe(0);
      await expect(opened.decode()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_IMAGE_/) });
    },
  );

  it('does not begin to decode for a caller who went away in between', async () => {
    const controller = new AbortController();
    const opened = await openImage(picture('scene-640x480.jpg'), { signal: controller.signal });
    controller.abort();
    await expect(opened.decode()).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });
});

describe('decodingBytes', () => {
  const scene = sharp(picture('scene-640x480.jpg'));
  it.each([
    ['a baseline JPEG: its pixels alone', 3, () => scene.clone().jpeg()],
    ['a progressive JPEG: its coefficients', 9, () => scene.clone().jpeg({ progressive: true })],
    ['a JPEG with EXIF: a copy to turn', 6, () => scene.clone().withMetadata({ orientation: 6 }).jpeg()],
    ['a CMYK JPEG: the inks beside the pixels', 7, () => scene.clone().toColourspace('cmyk').jpeg()],
    ['a PNG: a copy to turn, if it has EXIF', 6, () => scene.clone().png()],
    ['a PNG of 16-bit grey: its samples, twice', 7, () => scene.clone().toColourspace('grey16').png()],
    ['a PNG with a palette: it may have transparency', 7, () => scene.clone().png({ palette: true, effort: 1 })],
    ['a GIF: its canvas', 7, () => scene.clone().gif({ effort: 1 })],
    ['a WebP: its frame and the copies of the decoder', 12, () => scene.clone().webp({ effort: 0 })],
    ['a TIFF: two rows of tiles, each the whole picture', 9, () => scene.clone().tiff({ compression: 'lzw' })],
  ])('counts for %s', async (_, expected, encode) => {
    expect(await bytesPerPixel(await encode().toBuffer())).toBe(expected);
  });
});
