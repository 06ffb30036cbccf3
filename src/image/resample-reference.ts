import type { AxisWindow } from './centre-window.js';
import {
  type Coefficients,
  computeCoefficients,
  filterCodes,
  isVerticalFirst,
  nearestIndices,
  precisionBits,
  type SourceRange,
  sourceRange,
} from './resample-filter.js';
import type { RgbImage } from './rgb-image.js';

/** A resize of which only a window is wanted. Sizes in pixels. */
export interface WindowedResize {
  readonly width: number;
  readonly height: number;
  /** Pillow's code: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box, 5 hamming. */
  readonly filter: number;
  readonly columns: AxisWindow;
  readonly rows: AxisWindow;
}

const half = 1 << (precisionBits - 1);

function clip8(sum: number): number {
  const value = sum >> precisionBits;
  return value < 0 ? 0 : Math.min(value, 255);
}

/** A part of a larger picture, u8 RGB, row-major: its pixels from (left, top) on. */
interface Part extends RgbImage {
  readonly left: number;
  readonly top: number;
}

/** The rows of `rows` of the picture that `part` is of, resampled along x to the columns of `across`. */
function resampleAcross(part: Part, across: Coefficients, rows: SourceRange): RgbImage {
  const width = across.starts.length;
  const height = rows.end - rows.start;
  const { data: source, width: sourceWidth, left, top } = part;
  const { taps, starts, lengths, weights } = across;
  const data = new Uint8Array(width * height * 3);
  let out = 0;
  for (let y = rows.start - top; y < rows.end - top; y++) {
    const row = y * sourceWidth - left;
    for (let x = 0; x < width; x++) {
      let red = half;
      let green = half;
      let blue = half;
      let at = (row + (starts[x] as number)) * 3;
      const end = x * taps + (lengths[x] as number);
      for (let tap = x * taps; tap < end; tap++, at += 3) {
        const weight = weights[tap] as number;
        red = (red + Math.imul(source[at] as number, weight)) | 0;
        green = (green + Math.imul(source[at + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(source[at + 2] as number, weight)) | 0;
      }
      data[out] = clip8(red);
      data[out + 1] = clip8(green);
      data[out + 2] = clip8(blue);
      out += 3;
    }
  }
  return { data, width, height };
}

/** The columns of `columns` of the picture that `part` is of, resampled along y to the rows of `down`. */
function resampleDown(part: Part, down: Coefficients, columns: SourceRange): RgbImage {
  const width = columns.end - columns.start;
  const height = down.starts.length;
  const { data: source, width: sourceWidth, left, top } = part;
  const { taps, starts, lengths, weights } = down;
  const rowBytes = width * 3;
  const sums = new Int32Array(rowBytes);
  const data = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    sums.fill(half);
    const start = (starts[y] as number) - top;
    for (let tap = 0; tap < (lengths[y] as number); tap++) {
      const weight = weights[y * taps + tap] as number;
      const row = ((start + tap) * sourceWidth + columns.start - left) * 3;
      for (let i = 0; i < rowBytes; i++) {
        sums[i] = ((sums[i] as number) + Math.imul(source[row + i] as number, weight)) | 0;
      }
    }
    for (let i = 0; i < rowBytes; i++) data[y * rowBytes + i] = clip8(sums[i] as number);
  }
  return { data, width, height };
}

function kept(window: AxisWindow): SourceRange {
  return { start: window.first, end: window.first + window.count };
}

function pickPixels(image: RgbImage, columns: Int32Array, rows: Int32Array): RgbImage {
  const { data: source, width: sourceWidth } = image;
  const data = new Uint8Array(columns.length * rows.length * 3);
  let out = 0;
  for (const y of rows) {
    for (const x of columns) {
      const at = (y * sourceWidth + x) * 3;
      data[out] = source[at] as number;
      data[out + 1] = source[at + 1] as number;
      data[out + 2] = source[at + 2] as number;
      out += 3;
    }
  }
  return { data, width: columns.length, height: rows.length };
}

/**
 * The window of the image resized as Pillow's `Image.resize` does it: one pass along each axis, with u8 between them,
 * in the order of `isVerticalFirst`; a pass that changes nothing is left out. Only what the window needs is computed.
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c (ImagingResampleInner)
 */
export function resampleWindow(image: RgbImage, resize: WindowedResize): RgbImage {
  const { width, height, filter, columns, rows } = resize;
  const changesWidth = width !== image.width;
  const changesHeight = height !== image.height;
  if (filter === filterCodes.nearest || (!changesWidth && !changesHeight)) {
    return pickPixels(
      image,
      nearestIndices(image.width, width, columns.first, columns.count),
      nearestIndices(image.height, height, rows.first, rows.count),
    );
  }
  const whole: Part = { ...image, left: 0, top: 0 };
  const across = () => computeCoefficients(image.width, width, filter, columns.first, columns.count);
  const down = () => computeCoefficients(image.height, height, filter, rows.first, rows.count);
  if (!changesHeight) return resampleAcross(whole, across(), kept(rows));
  if (!changesWidth) return resampleDown(whole, down(), kept(columns));
  if (isVerticalFirst(image.width, image.height, width, height)) {
    const needed = sourceRange(image.width, width, filter, columns.first, columns.count);
    const between = resampleDown(whole, down(), needed);
    return resampleAcross({ ...between, left: needed.start, top: rows.first }, across(), kept(rows));
  }
  const needed = sourceRange(image.height, height, filter, rows.first, rows.count);
  const between = resampleAcross(whole, across(), needed);
  return resampleDown({ ...between, left: columns.first, top: needed.start }, down(), kept(columns));
}
