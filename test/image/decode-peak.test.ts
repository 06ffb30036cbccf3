import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';

const [width, height] = [3000, 2000];
/** Rows in flight and whatever else does not grow with the number of pixels; two bytes to a pixel of these pictures. */
const slackBytes = 2 * width * height;
const script = join(packageRoot, 'test/image/report-decode-peak.mjs');

type Encode = (picture: Sharp) => Sharp;
const whole = { chromaSubsampling: '4:4:4' } as const;
const quick = { compressionLevel: 1 } as const;

const kinds: Readonly<Record<string, Encode>> = {
  'JPEG, baseline': (picture) => picture.jpeg(whole),
  'JPEG, progressive': (picture) => picture.jpeg({ ...whole, progressive: true }),
  'JPEG, on its side': (picture) => picture.withMetadata({ orientation: 6 }).jpeg(),
  'JPEG, progressive and on its side': (picture) =>
    picture.withMetadata({ orientation: 6 }).jpeg({ ...whole, progressive: true }),
  'JPEG, CMYK': (picture) => picture.toColourspace('cmyk').jpeg(whole),
  'JPEG, CMYK, progressive': (picture) => picture.toColourspace('cmyk').jpeg({ ...whole, progressive: true }),
  PNG: (picture) => picture.png(quick),
  'PNG, on its side': (picture) => picture.withMetadata({ orientation: 6 }).png(quick),
  'PNG, 16-bit grey': (picture) => picture.toColourspace('grey16').png(quick),
  'PNG, 16 bits and alpha, interlaced': (picture) =>
    picture.ensureAlpha(0.5).toColourspace('rgb16').png({ compressionLevel: 1, progressive: true }),
  'PNG, palette, interlaced': (picture) => picture.png({ palette: true, effort: 1, progressive: true }),
  'WebP, lossy': (picture) => picture.webp({ effort: 0 }),
  'WebP, lossless with alpha': (picture) => picture.ensureAlpha(0.5).webp({ effort: 0, lossless: true }),
  'WebP, lossless with alpha, on its side': (picture) =>
    picture.ensureAlpha(0.5).withMetadata({ orientation: 6 }).webp({ effort: 0, lossless: true }),
  GIF: (picture) => picture.gif({ effort: 1 }),
  TIFF: (picture) => picture.tiff({ compression: 'lzw' }),
  'TIFF, 16-bit grey': (picture) => picture.toColourspace('grey16').tiff({ compression: 'lzw' }),
  'TIFF, CMYK': (picture) => picture.toColourspace('cmyk').tiff({ compression: 'lzw' }),
  'TIFF, large tiles, on its side': (picture) =>
    picture
      .withMetadata({ orientation: 6 })
      .tiff({ compression: 'deflate', tile: true, tileWidth: 2048, tileHeight: 2048 }),
};

describe.skipIf(process.platform !== 'linux')('openImage', () => {
  let folder: string;
  let pixels: Buffer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-decode-'));
    const scene = sharp(join(packageRoot, 'test/pictures/scene-640x480.jpg'));
    pixels = await scene.resize(width, height, { fit: 'fill' }).raw().toBuffer();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function measure(encode: Encode, ...more: string[]): Promise<{ announcedBytes: number; peakBytes: number }> {
    const path = join(folder, 'picture');
    writeFileSync(path, await encode(sharp(pixels, { raw: { width, height, channels: 3 } })).toBuffer());
    // Has glibc give back at once what is freed: what it keeps for the next picture is not held by this one.
    const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '131072' };
    const { stdout } = await promisify(execFile)(process.execPath, [script, path, ...more], { env });
    return JSON.parse(stdout);
  }

  it.each(Object.keys(kinds))('announces at least what decoding holds: %s', async (kind) => {
    const { announcedBytes, peakBytes } = await measure(kinds[kind] as Encode);
    expect(announcedBytes).toBeGreaterThanOrEqual(3 * width * height);
    expect(peakBytes).toBeLessThan(announcedBytes + slackBytes);
  });

  it.each(['JPEG, baseline', 'JPEG, progressive', 'JPEG, on its side'])(
    'announces at least what decoding in fast mode holds: %s',
    async (kind) => {
      const { announcedBytes, peakBytes } = await measure(kinds[kind] as Encode, '224');
      if (kind === 'JPEG, baseline') expect(announcedBytes).toBe(3 * 672 * 448);
      expect(peakBytes).toBeLessThan(announcedBytes + slackBytes);
    },
  );
});
