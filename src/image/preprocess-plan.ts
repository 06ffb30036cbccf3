import { HornetError } from '../errors/hornet-error.js';
import type { NativePreprocessPlan } from '../native/addon-types.js';
import { centreWindow } from './centre-window.js';
import { toFloat16Bits } from './float16.js';
import type { ImageProcessor, ResizeRule } from './image-processor.js';
import { filterCodes, isVerticalFirst, sourceRange, tapCount } from './resample-filter.js';
import { bytesPerElement, type TensorFormat } from './tensor-format.js';

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Bounds of {@link planPreprocessing}. */
export interface PreprocessLimits {
  /**
   * Most bytes that preprocessing one picture may hold, beside source and output, and most bytes of the output;
   * default {@link defaultMaxIntermediateBytes}.
   */
  readonly maxIntermediateBytes?: number;
}

/** 256 MiB: a photograph of 180 megapixels needs less than a tenth of it. */
export const defaultMaxIntermediateBytes = 256 * 1024 * 1024;

/** Pillow, and the addon, count pixels along an axis in a C int. */
const maxAxisPixels = 2 ** 31 - 1;

/**
 * Size that a picture is resized to.
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/image_transforms.py (get_resize_output_image_size)
 */
export function resizedSize(source: Size, rule: ResizeRule): Size {
  if (rule.kind === 'none') return { width: source.width, height: source.height };
  if (rule.kind === 'exact') return { width: rule.width, height: rule.height };
  const [short, long] = source.width <= source.height ? [source.width, source.height] : [source.height, source.width];
  // The product is exact and the division rounds once, so this is Python's int(edge * long / short).
  const newLong = Math.trunc((rule.edge * long) / short);
  return source.width <= source.height ? { width: rule.edge, height: newLong } : { width: newLong, height: rule.edge };
}

const float16Tables = new WeakMap<Float32Array, Uint16Array>();

/** The table in the elements of the tensor; made once a processor, as long as that lives. */
function tableOf(processor: ImageProcessor, dtype: TensorFormat['dtype']): NativePreprocessPlan['table'] {
  if (dtype === 'uint8') return null;
  if (dtype === 'float32') return processor.table;
  let table = float16Tables.get(processor.table);
  if (table === undefined) {
    table = Uint16Array.from(processor.table, toFloat16Bits);
    float16Tables.set(processor.table, table);
  }
  return table;
}

/** Bytes of the tensor that a picture becomes. */
export function outputBytes(plan: NativePreprocessPlan): number {
  return plan.cropWidth * plan.cropHeight * 3 * (plan.table?.BYTES_PER_ELEMENT ?? bytesPerElement.uint8);
}

/**
 * Bytes that preprocessing holds at once, beside source and output: the picture between the two passes, the weights
 * of both, and the resized window.
 */
export function intermediateBytes(plan: NativePreprocessPlan): number {
  const { sourceWidth, sourceHeight, resizeWidth, resizeHeight, filter } = plan;
  const columns = centreWindow(resizeWidth, plan.cropWidth);
  const rows = centreWindow(resizeHeight, plan.cropHeight);
  const window = columns.count * rows.count * 3;
  const indexBytes = Int32Array.BYTES_PER_ELEMENT;
  if (filter === filterCodes.nearest) return window + (columns.count + rows.count) * indexBytes;
  const across = resizeWidth === sourceWidth ? 0 : columns.count * (tapCount(sourceWidth, resizeWidth, filter) + 2);
  const down = resizeHeight === sourceHeight ? 0 : rows.count * (tapCount(sourceHeight, resizeHeight, filter) + 2);
  let between = 0;
  if (across > 0 && down > 0) {
    const verticalFirst = isVerticalFirst(sourceWidth, sourceHeight, resizeWidth, resizeHeight);
    const needed = verticalFirst
      ? sourceRange(sourceWidth, resizeWidth, filter, columns.first, columns.count)
      : sourceRange(sourceHeight, resizeHeight, filter, rows.first, rows.count);
    between = (verticalFirst ? rows.count : columns.count) * (needed.end - needed.start) * 3;
  }
  return window + between + (across + down) * indexBytes;
}

/**
 * Resolves what a processor does with pictures of one size: the size to resize to, the crop, and the table in the
 * elements of the tensor. The output has the size of the crop, else of the resize, else of the source.
 * @param source size of the decoded picture
 * @param format elements and layout of the tensor; uint8 carries pixel values, so its plan has no table
 * @throws ERR_IMAGE_SHAPE_EXTREME when the picture is so long and thin that resizing it would take more memory
 *   than `maxIntermediateBytes`
 */
export function planPreprocessing(
  processor: ImageProcessor,
  source: Size,
  format: TensorFormat,
  limits: PreprocessLimits = {},
): NativePreprocessPlan {
  const { maxIntermediateBytes = defaultMaxIntermediateBytes } = limits;
  const resized = resizedSize(source, processor.resize);
  const output = processor.crop ?? resized;
  const plan: NativePreprocessPlan = {
    sourceWidth: source.width,
    sourceHeight: source.height,
    resizeWidth: resized.width,
    resizeHeight: resized.height,
    filter: filterCodes[processor.filter],
    cropWidth: output.width,
    cropHeight: output.height,
    flipChannels: processor.flipChannels,
    planar: format.layout === 'NCHW',
    table: tableOf(processor, format.dtype),
  };
  const tooLong = Math.max(resized.width, resized.height) > maxAxisPixels;
  if (tooLong || Math.max(intermediateBytes(plan), outputBytes(plan)) > maxIntermediateBytes) {
    throw new HornetError(
      'ERR_IMAGE_SHAPE_EXTREME',
      `Resizing a picture of ${source.width} x ${source.height} px to ${resized.width} x ${resized.height} px ` +
        `would take more memory than is allowed (${maxIntermediateBytes} bytes).`,
      { details: { width: source.width, height: source.height, maxIntermediateBytes } },
    );
  }
  return plan;
}

/**
 * The shorter side, in px, below which a decoded picture would have to be enlarged by the processor: what
 * `decodeImage` takes as `targetEdge` in fast mode. Undefined where nothing is resized.
 */
export function targetEdgeOf(processor: ImageProcessor): number | undefined {
  const { resize } = processor;
  if (resize.kind === 'none') return undefined;
  return resize.kind === 'exact' ? Math.max(resize.width, resize.height) : resize.edge;
}
