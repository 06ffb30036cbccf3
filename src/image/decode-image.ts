import sharp, { type SharpOptions } from 'sharp';
import { HornetError } from '../errors/hornet-error.js';
import { cmykToRgb, grey16ToRgb } from './colour-rules.js';
import { configureSharp } from './configure-sharp.js';
import { isPixelLimit, toDecodeError } from './decode-error.js';
import { defaultDecodeTimeoutMs, defaultMaxBytes, defaultMaxPixels } from './decode-limits.js';
import { readJpegFrame } from './jpeg-frame.js';
import type { RgbImage } from './rgb-image.js';
import { shrunkSize } from './shrink-on-load.js';
import { type ImageType, sniffImageType } from './sniff-image-type.js';

/** Options of {@link decodeImage}. */
export interface DecodeOptions {
  /** Most bytes of the file; default {@link defaultMaxBytes}. */
  readonly maxBytes?: number | undefined;
  /** Most pixels that the header may announce; default {@link defaultMaxPixels}. */
  readonly maxPixels?: number | undefined;
  /**
   * Time that decoding itself may take, without the wait for a thread; default {@link defaultDecodeTimeoutMs}.
   * Rounded up to whole seconds, at most an hour. libvips looks at the clock between strips of the picture; WebP
   * and GIF decode in one piece, so they are ended only after it.
   */
  readonly timeoutMs?: number | undefined;
  /** `exact` (default): the pixels that Pillow gives. `fast`: large JPEGs are decoded smaller, see `targetEdge`. */
  readonly mode?: 'exact' | 'fast' | undefined;
  /**
   * Fast mode only: shorter side in px of what the picture will be resized to (`targetEdgeOf(processor)`). A JPEG
   * whose shorter side is at least 6 times that is decoded at 1/2, 1/4 or 1/8 of its size, never below twice it.
   */
  readonly targetEdge?: number | undefined;
  /** Looked at before and after decoding, which itself cannot be interrupted but by `timeoutMs`. */
  readonly signal?: AbortSignal | undefined;
}

interface Limits {
  readonly maxPixels: number;
  readonly timeoutMs: number;
}

/** How the colours of a file are to be read. */
type Colours = 'rgb' | 'cmyk' | 'grey16';

function sharpOptions(limitInputPixels: number | false): SharpOptions {
  // Pillow takes JPEGs that libjpeg only warns about, and gives the same pixels; sharp's default refuses them.
  return { autoOrient: true, ignoreIcc: true, failOn: 'error', limitInputPixels };
}

/** Finds CMYK and 16-bit grey, which libvips turns into RGB otherwise than Pillow. */
async function coloursOf(bytes: Uint8Array, type: ImageType): Promise<Colours> {
  if (type === 'jpeg') return readJpegFrame(bytes)?.components === 4 ? 'cmyk' : 'rgb';
  // IHDR always comes first: bit depth at byte 24, colour type (0 grey) at 25.
  if (type === 'png') return bytes[24] === 16 && bytes[25] === 0 ? 'grey16' : 'rgb';
  if (type !== 'tiff') return 'rgb';
  const { space, channels } = await sharp(bytes, sharpOptions(false)).metadata();
  if (space === 'cmyk') return 'cmyk';
  return space === 'grey16' && channels === 1 ? 'grey16' : 'rgb';
}

/** Size to decode a large JPEG at; metadata is asked for only where that pays, because EXIF may turn the picture. */
async function fastSize(bytes: Uint8Array, edge: number): Promise<{ width: number; height: number } | null> {
  const frame = readJpegFrame(bytes);
  if (frame === null || frame.components === 4 || shrunkSize(frame.width, frame.height, edge) === null) return null;
  const { autoOrient } = await sharp(bytes, sharpOptions(false)).metadata();
  return shrunkSize(autoOrient.width, autoOrient.height, edge);
}

async function decodePixels(
  bytes: Uint8Array,
  colours: Colours,
  size: { width: number; height: number } | null,
  { maxPixels, timeoutMs }: Limits,
): Promise<RgbImage> {
  const seconds = Math.min(Math.max(Math.ceil(timeoutMs / 1000), 1), 3600);
  const pipeline = sharp(bytes, sharpOptions(maxPixels)).timeout({ seconds }).removeAlpha();
  if (size !== null) pipeline.resize({ ...size, fit: 'fill', kernel: 'lanczos3' });
  if (colours === 'cmyk') pipeline.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' });
  else if (colours === 'grey16') pipeline.toColourspace('grey16').raw({ depth: 'ushort' });
  else pipeline.toColourspace('srgb').raw({ depth: 'uchar' });

  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const bytesPerPixel = data.byteLength / (width * height);
  if (bytesPerPixel !== { rgb: 3, cmyk: 4, grey16: 2 }[colours]) {
    throw new HornetError('ERR_IMAGE_UNDECODABLE', `The image cannot be decoded: it has ${info.channels} channels.`);
  }
  if (colours === 'cmyk') return { data: cmykToRgb(data), width, height };
  if (colours === 'grey16') return { data: grey16ToRgb(data), width, height };
  return { data, width, height };
}

/** Which size was too large: asked for only once sharp has refused, so that good pictures do not pay for it. */
async function explainRefusal(bytes: Uint8Array, error: unknown, { maxPixels, timeoutMs }: Limits): Promise<never> {
  if (!isPixelLimit(error)) throw toDecodeError(error, timeoutMs);
  const { width, height } = await sharp(bytes, sharpOptions(false)).metadata();
  throw new HornetError(
    'ERR_IMAGE_TOO_MANY_PIXELS',
    `The image has ${width} x ${height} pixels; at most ${maxPixels} are decoded.`,
    { details: { width, height, maxPixels } },
  );
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HornetError('ERR_CANCELLED', 'Decoding the image was cancelled.');
}

/**
 * Decodes an image file to the pixels that `transformers.image_utils.load_image` gives, with Pillow underneath: the
 * first page or frame, turned upright as EXIF says, colour profile ignored, alpha dropped, CMYK and 16-bit grey by
 * Pillow's rules. Damaged files are refused or accepted as Pillow does for JPEG and WebP; of PNG, GIF and TIFF a few
 * more are refused (data after the pixels cut off) or accepted (GIF with damaged compression).
 * Known differences: the transparent pixels of a GIF, and those outside its first frame, are black; TIFFs in Lab are
 * mostly refused and those in uncompressed YCbCr come out with other colours.
 *
 * Fast mode: on five JPEGs of 4 to 20 megapixels, resized to 224 or 256 px and cropped, the result differed from exact
 * mode by 0.2 to 0.4 of 255 on average and by 10 at most; decoding and resizing took 20 % (at 1/2) to 55 % (at 1/4)
 * less time. Pictures too small for it, as those of most data sets, are decoded exactly.
 *
 * Blocks all of libvips' other loaders for the whole process, see `configureSharp`.
 * @param bytes the file; must not change before the promise settles
 * @returns u8 RGB, row-major, height x width x 3
 * @throws ERR_BODY_EMPTY, ERR_IMAGE_TOO_LARGE, ERR_IMAGE_UNSUPPORTED before anything is decoded
 * @throws ERR_IMAGE_TOO_MANY_PIXELS once the header is read
 * @throws ERR_IMAGE_UNDECODABLE with libvips' reason; ERR_IMAGE_DECODE_TIMEOUT; ERR_CANCELLED
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/image_utils.py (load_image)
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  const { maxBytes = defaultMaxBytes, maxPixels = defaultMaxPixels, mode = 'exact', targetEdge, signal } = options;
  const limits: Limits = { maxPixels, timeoutMs: options.timeoutMs ?? defaultDecodeTimeoutMs };
  checkSignal(signal);
  if (bytes.byteLength > maxBytes) {
    throw new HornetError(
      'ERR_IMAGE_TOO_LARGE',
      `The image has ${bytes.byteLength} bytes; at most ${maxBytes} are accepted.`,
      { details: { bytes: bytes.byteLength, maxBytes } },
    );
  }
  const type = sniffImageType(bytes);
  configureSharp();
  try {
    const colours = await coloursOf(bytes, type);
    const shrink = mode === 'fast' && type === 'jpeg' && targetEdge !== undefined;
    const size = shrink ? await fastSize(bytes, targetEdge) : null;
    const image = await decodePixels(bytes, colours, size, limits);
    checkSignal(signal);
    return image;
  } catch (error) {
    return explainRefusal(bytes, error, limits);
  }
}
