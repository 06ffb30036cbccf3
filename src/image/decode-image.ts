import { HornetError } from '../errors/hornet-error.js';
import { cmykToRgb, grey16ToRgb, highBytes } from './colour-rules.js';
import { isPixelLimit, toDecodeError } from './decode-error.js';
import { defaultDecodeTimeoutMs, defaultMaxBytes, defaultMaxPixels } from './decode-limits.js';
import { hiddenOrientation, turnUpright } from './hidden-orientation.js';
import { type Colours, decodingBytes, type ImageHeader, outputBytes, readImageHeader } from './image-header.js';
import { loadSharp, readMetadata, sharpOptions } from './load-sharp.js';
import type { RgbImage } from './rgb-image.js';
import { shrunkSize } from './shrink-on-load.js';
import { sniffImageType } from './sniff-image-type.js';

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

/** A picture that can be decoded, once its memory is there. */
export interface OpenedImage {
  /**
   * Most bytes that decoding holds at once, beside the file; some of them are free again after it, when 3 bytes to a
   * pixel are left. 0 where there is no header, or one that announces too many pixels, so that decoding will refuse it.
   */
  readonly memoryBytes: number;
  /** @throws ERR_IMAGE_TOO_MANY_PIXELS, ERR_IMAGE_UNDECODABLE, ERR_IMAGE_DECODE_TIMEOUT, ERR_CANCELLED */
  decode(): Promise<RgbImage>;
}

interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Size to decode a large JPEG at; metadata is asked for only where that pays, because EXIF may turn the picture. */
async function fastSize(bytes: Uint8Array, header: ImageHeader, edge: number): Promise<PixelSize | null> {
  if (header.colours === 'cmyk' || shrunkSize(header.width, header.height, edge) === null) return null;
  const { autoOrient } = await readMetadata(bytes);
  return shrunkSize(autoOrient.width, autoOrient.height, edge);
}

async function decodePixels(
  bytes: Uint8Array,
  { colours, orientation, size }: { colours: Colours; orientation: number; size: PixelSize | null },
  { maxPixels, timeoutMs }: Limits,
): Promise<RgbImage> {
  const seconds = Math.min(Math.max(Math.ceil(timeoutMs / 1000), 1), 3600);
  const sharp = await loadSharp();
  const pipeline = sharp(bytes, sharpOptions(maxPixels)).timeout({ seconds }).removeAlpha();
  turnUpright(pipeline, orientation);
  if (size !== null) pipeline.resize({ ...size, fit: 'fill', kernel: 'lanczos3' });
  if (colours === 'cmyk' || colours === 'cmyk16') {
    const depth = colours === 'cmyk' ? 'uchar' : 'ushort';
    pipeline.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth });
  } else if (colours === 'grey16') pipeline.toColourspace('grey16').raw({ depth: 'ushort' });
  else pipeline.toColourspace('srgb').raw({ depth: 'uchar' });

  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const bytesPerPixel = data.byteLength / (width * height);
  if (bytesPerPixel !== outputBytes[colours]) {
    throw new HornetError('ERR_IMAGE_UNDECODABLE', `The image cannot be decoded: it has ${info.channels} channels.`);
  }
  if (colours === 'cmyk') return { data: cmykToRgb(data), width, height };
  if (colours === 'cmyk16') return { data: cmykToRgb(highBytes(data)), width, height };
  if (colours === 'grey16') return { data: grey16ToRgb(data), width, height };
  return { data, width, height };
}

/** Which size was too large: asked for only once sharp has refused, so that good pictures do not pay for it. */
async function explainRefusal(bytes: Uint8Array, error: unknown, { maxPixels, timeoutMs }: Limits): Promise<never> {
  if (!isPixelLimit(error)) throw toDecodeError(error, timeoutMs);
  const { width, height } = await readMetadata(bytes);
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
 * first page or frame, turned upright as EXIF or XMP says, colour profile ignored, alpha dropped, CMYK and 16-bit grey by
 * Pillow's rules. Damaged files are refused or accepted as Pillow does for JPEG and WebP; of PNG, GIF and TIFF a few
 * more are refused (data after the pixels cut off) or accepted (GIF with damaged compression).
 * Known differences: the transparent pixels of a GIF, and those outside its first frame, are black; TIFFs in Lab are
 * mostly refused, and those in uncompressed YCbCr, in signed bytes or in 16-bit grey where 0 is white come out otherwise.
 *
 * Fast mode: on five JPEGs of 4 to 20 megapixels, resized to 224 or 256 px and cropped, the result differed from exact
 * mode by 0.2 to 0.4 of 255 on average and by 10 at most; decoding and resizing took 20 % (at 1/2) to 55 % (at 1/4)
 * less time. Pictures too small for it, as those of most data sets, are decoded exactly.
 *
 * Blocks all of libvips' other loaders for the whole process, see `loadSharp`.
 * @param bytes the file; must not change before the promise settles
 * @returns u8 RGB, row-major, height x width x 3
 * @throws ERR_BODY_EMPTY, ERR_IMAGE_TOO_LARGE, ERR_IMAGE_UNSUPPORTED before anything is decoded
 * @throws ERR_IMAGE_TOO_MANY_PIXELS once the header is read
 * @throws ERR_IMAGE_UNDECODABLE with libvips' reason; ERR_IMAGE_DECODE_TIMEOUT; ERR_CANCELLED
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/image_utils.py (load_image)
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  const opened = await openImage(bytes, options);
  return opened.decode();
}

/**
 * The first half of {@link decodeImage}: looks at the header, so that memory can be set aside before there are pixels.
 * @param bytes the file; must not change before it is decoded
 * @throws ERR_BODY_EMPTY, ERR_IMAGE_TOO_LARGE, ERR_IMAGE_UNSUPPORTED, ERR_IMAGE_UNDECODABLE, ERR_CANCELLED
 */
export async function openImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<OpenedImage> {
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
  const explain = (error: unknown): Promise<never> => explainRefusal(bytes, error, limits);
  try {
    const header = await readImageHeader(bytes, type);
    const isRefused = header === null || header.width * header.height > maxPixels;
    const orientation = isRefused ? 1 : await hiddenOrientation(bytes, type);
    const shrink = header !== null && mode === 'fast' && type === 'jpeg' && orientation === 1;
    const size = shrink && targetEdge !== undefined ? await fastSize(bytes, header, targetEdge) : null;
    return {
      memoryBytes: isRefused ? 0 : decodingBytes(header, size, orientation),
      decode: async () => {
        checkSignal(signal);
        const how = { colours: header?.colours ?? 'rgb', orientation, size } as const;
        const image = await decodePixels(bytes, how, limits).catch(explain);
        checkSignal(signal);
        return image;
      },
    };
  } catch (error) {
    return explain(error);
  }
}
