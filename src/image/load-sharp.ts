import { createRequire } from 'node:module';
import type { Metadata, SharpOptions } from 'sharp';

/** Quicker than an import, which reads what is CommonJS below sharp twice. */
const require = createRequire(import.meta.url);

/** The loaders of libvips that may run: from memory, of the five kinds that `sniffImageType` accepts. */
const allowedLoaders = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadTiffBuffer',
];

type SharpFactory = typeof import('sharp').default;

let loaded: Promise<SharpFactory> | undefined;

/**
 * Loads sharp, once, and settles what it may do before the first picture is decoded. It takes a sixth of the start of
 * a server, so that is not on the way to listening.
 *
 * All three settings are switches of libvips and hold for the **whole process**, for other users of sharp in it too:
 * - every loader is blocked (SVG, PDF, HEIF, ImageMagick, all that read files by name, ...) but the five that are
 *   wanted, so no crafted file reaches a parser that nobody meant to expose;
 * - no cache of operations: each picture is decoded once, and what a cache keeps looks like a leak;
 * - one thread to a picture: pictures are what runs in parallel (as many as the libuv pool has threads), and
 *   decoding to RGB has next to nothing to share between threads.
 */
export function loadSharp(): Promise<SharpFactory> {
  loaded ??= Promise.resolve().then(() => {
    const sharp = require('sharp') as SharpFactory;
    sharp.cache(false);
    sharp.concurrency(1);
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: allowedLoaders });
    return sharp;
  });
  return loaded;
}

/** How sharp is to read every picture. */
export function sharpOptions(limitInputPixels: number | false): SharpOptions {
  // Pillow takes JPEGs that libjpeg only warns about, and gives the same pixels; sharp's default refuses them.
  return { autoOrient: true, ignoreIcc: true, failOn: 'error', limitInputPixels };
}

/** What the header says, whatever number of pixels that is. */
export async function readMetadata(bytes: Uint8Array): Promise<Metadata> {
  const sharp = await loadSharp();
  return sharp(bytes, sharpOptions(false)).metadata();
}
