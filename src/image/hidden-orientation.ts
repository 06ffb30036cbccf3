import type { Sharp } from 'sharp';
import { exifOrientation } from './exif-orientation.js';
import { readMetadata } from './load-sharp.js';
import { readPngOrientation } from './png-orientation.js';
import type { ImageType } from './sniff-image-type.js';

/**
 * The orientation that Pillow finds in a picture and libvips does not, as EXIF counts them: in XMP data where EXIF data say
 * nothing of it, and in a PNG also in EXIF data behind its pixels, or in a text as older programs write them. 1 where there
 * is none, and where libvips itself turns the picture.
 * @see https://github.com/python-pillow/Pillow/blob/main/src/PIL/Image.py (getexif)
 */
export async function hiddenOrientation(bytes: Uint8Array, type: ImageType): Promise<number> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const png = type === 'png' ? readPngOrientation(file) : null;
  if (png?.exif !== undefined) return png.exif;
  // Asking sharp takes a trip to another thread, which next to no picture needs.
  const mayHaveXmp = png === null ? type !== 'gif' && file.includes('tiff:Orientation') : png.hasXmp;
  if (!mayHaveXmp) return 1;
  const { orientation, xmp } = await readMetadata(bytes);
  // Of a TIFF libvips tells 1 also where the file says nothing.
  const told = type === 'tiff' ? exifOrientation(file) : orientation;
  if (told !== undefined || xmp === undefined) return 1;
  const found = Number(/tiff:Orientation(?:="|>)([0-9])/.exec(xmp.toString('latin1'))?.[1] ?? 1);
  return found >= 1 && found <= 8 ? found : 1;
}

/** Turns or mirrors a picture upright: sharp mirrors it first. Not together with resizing, which changes that order. */
export function turnUpright(pipeline: Sharp, orientation: number): void {
  if (orientation === 4 || orientation === 5) pipeline.flip();
  if (orientation === 2 || orientation === 7) pipeline.flop();
  if (orientation >= 5) pipeline.rotate(orientation === 8 ? 270 : 90);
  else if (orientation === 3) pipeline.rotate(180);
}
