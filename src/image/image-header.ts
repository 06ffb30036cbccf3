import type { DepthEnum } from 'sharp';
import { readJpegFrame } from './jpeg-frame.js';
import { readMetadata } from './load-sharp.js';
import type { ImageType } from './sniff-image-type.js';

/** How the colours of a file are to be read: CMYK and 16-bit grey become RGB by other rules than libvips has. */
export type Colours = 'rgb' | 'cmyk' | 'cmyk16' | 'grey16';

/** What has to be known of a picture before it is decoded. */
export interface ImageHeader {
  /** In pixels, before EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly colours: Colours;
  /** Most bytes that libvips holds for each pixel of the file, beside its output, while it decodes the whole of it. */
  readonly sourceBytes: number;
  /** As `sourceBytes`, for each pixel of its output, where that may have to be turned upright. */
  readonly turningBytes: number;
}

/** Channels of a PNG by its colour type: grey, RGB, palette (with transparency once decoded), grey and RGB with alpha. */
const pngChannels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 };

/** Bytes of one sample, by sharp's names. */
const sampleBytes: Readonly<Record<keyof DepthEnum, number>> = {
  char: 1,
  uchar: 1,
  short: 2,
  ushort: 2,
  int: 4,
  uint: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

/** libjpeg keeps coefficients of two bytes for all scans; else it goes row by row. */
function jpegHeader(bytes: Uint8Array): ImageHeader | null {
  const frame = readJpegFrame(bytes);
  if (frame === null) return null;
  const { width, height, components, hasManyScans, hasExif } = frame;
  return {
    width,
    height,
    colours: components === 4 ? 'cmyk' : 'rgb',
    sourceBytes: hasManyScans ? components * Int16Array.BYTES_PER_ELEMENT : 0,
    turningBytes: hasExif ? components : 0,
  };
}

/**
 * IHDR comes first: width and height at bytes 16 and 20, bit depth at 24, colour type at 25, interlace at 28. EXIF may
 * lie anywhere, so every PNG may have to be turned.
 */
function pngHeader(bytes: Uint8Array): ImageHeader | null {
  if (bytes.byteLength < 29) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [depth, colourType, interlace] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const pixelBytes = (pngChannels[colourType] ?? 4) * (depth === 16 ? 2 : 1);
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    colours: depth === 16 && colourType === 0 ? 'grey16' : 'rgb',
    sourceBytes: interlace === 0 ? 0 : pixelBytes,
    turningBytes: pixelBytes,
  };
}

/** TIFFs are read by strips or rows of tiles, two of them at a time, and one may be the whole picture. */
async function tiffHeader(bytes: Uint8Array): Promise<ImageHeader> {
  const { width, height, space, channels, depth } = await readMetadata(bytes);
  const pixelBytes = channels * sampleBytes[depth];
  const isGrey16 = space === 'grey16' && channels === 1;
  const cmyk = depth === 'ushort' ? 'cmyk16' : 'cmyk';
  return {
    width,
    height,
    colours: space === 'cmyk' ? cmyk : isGrey16 ? 'grey16' : 'rgb',
    sourceBytes: 2 * pixelBytes,
    turningBytes: pixelBytes,
  };
}

/** Both are decoded in one piece: GIF to RGBA; WebP to RGBA with the decoder's own copies beside it. */
async function wholeHeader(bytes: Uint8Array, type: 'webp' | 'gif'): Promise<ImageHeader> {
  const { width, height } = await readMetadata(bytes);
  return { width, height, colours: 'rgb', sourceBytes: type === 'gif' ? 4 : 9, turningBytes: 0 };
}

/**
 * Reads the header of a picture. JPEG and PNG are looked at here and now, which takes microseconds; the others are
 * left to sharp, in a thread.
 * @returns null where there is none; the decoder then says what is wrong
 * @throws what sharp throws
 */
export async function readImageHeader(bytes: Uint8Array, type: ImageType): Promise<ImageHeader | null> {
  switch (type) {
    case 'jpeg':
      return jpegHeader(bytes);
    case 'png':
      return pngHeader(bytes);
    case 'tiff':
      return tiffHeader(bytes);
    case 'webp':
    case 'gif':
      return wholeHeader(bytes, type);
  }
}

/** Bytes of a pixel as libvips gives it. */
export const outputBytes: Readonly<Record<Colours, number>> = { rgb: 3, cmyk: 4, cmyk16: 8, grey16: 2 };

/** As {@link outputBytes}, with the RGB that is made of it beside it; 16-bit CMYK becomes 8-bit first; grey is aligned. */
const convertingBytes: Readonly<Record<Colours, number>> = { rgb: 3, cmyk: 7, cmyk16: 15, grey16: 7 };

/**
 * Most bytes that decoding holds at once, beside the file: whatever grows with the number of pixels, measured in
 * test/image/decode-peak.test.ts. Rows in flight come to a few megabytes more.
 * @param size what it is shrunk to while it is decoded; null: it is not
 * @param orientation by which it is turned besides, see `hiddenOrientation`
 */
export function decodingBytes(
  header: ImageHeader,
  size: { width: number; height: number } | null,
  orientation: number,
): number {
  const { width, height, colours, sourceBytes } = header;
  const turningBytes = Math.max(header.turningBytes, orientation === 1 ? 0 : outputBytes[colours]);
  const sourcePixels = width * height;
  const pixels = size === null ? sourcePixels : size.width * size.height;
  const beside = Math.max(sourcePixels * sourceBytes, pixels * turningBytes);
  return Math.max(pixels * outputBytes[colours] + beside, pixels * convertingBytes[colours]);
}
