import type { ResampleFilter } from './image-processor.js';

/** Pillow's code of each filter, as preprocessor_config.json spells it under `resample`. */
export const filterCodes: Readonly<Record<ResampleFilter, number>> = {
  nearest: 0,
  lanczos: 1,
  bilinear: 2,
  bicubic: 3,
  box: 4,
  hamming: 5,
};

/** Bits after the point of a weight: 8 are left for the pixel and 2 for the sign and the overshoot. */
export const precisionBits = 22;

interface Kernel {
  /** Half the width of the kernel, in source pixels at scale 1. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

function lanczos(x: number): number {
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

function bilinear(x: number): number {
  const distance = Math.abs(x);
  return distance < 1 ? 1 - distance : 0;
}

function bicubic(x: number): number {
  const a = -0.5;
  const distance = Math.abs(x);
  if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
  if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
  return 0;
}

function box(x: number): number {
  return x > -0.5 && x <= 0.5 ? 1 : 0;
}

// Pillow writes these two constants as C floats: in double precision the weights differ in the last bits.
const hammingBase = Math.fround(0.54);
const hammingSwing = Math.fround(0.46);

function hamming(x: number): number {
  const distance = Math.abs(x);
  if (distance === 0) return 1;
  if (distance >= 1) return 0;
  const angle = distance * Math.PI;
  return (Math.sin(angle) / angle) * (hammingBase + hammingSwing * Math.cos(angle));
}

/** By Pillow's code; nearest (0) has no kernel. */
const kernels: readonly (Kernel | undefined)[] = [
  undefined,
  { support: 3, weight: lanczos },
  { support: 1, weight: bilinear },
  { support: 2, weight: bicubic },
  { support: 0.5, weight: box },
  { support: 1, weight: hamming },
];

function kernelOf(filter: number): Kernel {
  const kernel = kernels[filter];
  if (kernel === undefined) throw new RangeError(`no kernel for resample code ${filter}`);
  return kernel;
}

/** Most source pixels that one output pixel is made of: what one row of `weights` takes. */
export function tapCount(inSize: number, outSize: number, filter: number): number {
  return Math.ceil(kernelOf(filter).support * Math.max(inSize / outSize, 1)) * 2 + 1;
}

/** Source pixels from `start` up to, not including, `end`. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** Source pixels that the output pixels `first` to `first + count - 1` of one axis are made of, taken together. */
export function sourceRange(
  inSize: number,
  outSize: number,
  filter: number,
  first: number,
  count: number,
): SourceRange {
  const scale = inSize / outSize;
  const support = kernelOf(filter).support * Math.max(scale, 1);
  // Both ends never decrease along an axis.
  const start = Math.trunc((first + 0.5) * scale - support + 0.5);
  const end = Math.trunc((first + count - 1 + 0.5) * scale + support + 0.5);
  return { start: Math.max(start, 0), end: Math.min(end, inSize) };
}

/** What the output pixels `first` to `first + count - 1` of one axis are made of. */
export interface Coefficients {
  /** Row length of `weights`. */
  readonly taps: number;
  /** First source pixel of each output pixel. */
  readonly starts: Int32Array;
  /** Number of source pixels of each output pixel. */
  readonly lengths: Int32Array;
  /** Fixed-point weights, `taps` to an output pixel, of which the first `lengths[i]` count. */
  readonly weights: Int32Array;
}

/**
 * Weights of a resize along one axis, from `inSize` to `outSize` pixels, for a window of its output.
 * Computed in double precision, then rounded half away from zero to {@link precisionBits} bits.
 * @param filter Pillow's code, 1 to 5
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c (precompute_coeffs, normalize_coeffs_8bpc)
 */
export function computeCoefficients(
  inSize: number,
  outSize: number,
  filter: number,
  first: number,
  count: number,
): Coefficients {
  const { weight } = kernelOf(filter);
  const scale = inSize / outSize;
  const inverse = 1 / Math.max(scale, 1);
  const taps = tapCount(inSize, outSize, filter);
  const starts = new Int32Array(count);
  const lengths = new Int32Array(count);
  const weights = new Int32Array(count * taps);
  const row = new Float64Array(taps);

  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale;
    const { start, end } = sourceRange(inSize, outSize, filter, first + i, 1);
    const length = end - start;
    let sum = 0;
    for (let x = 0; x < length; x++) {
      // Pillow multiplies by the reciprocal: dividing gives other last bits.
      const value = weight((x + start - centre + 0.5) * inverse);
      row[x] = value;
      sum += value;
    }
    const offset = i * taps;
    for (let x = 0; x < length; x++) {
      const value = row[x] as number;
      const fixed = (sum === 0 ? value : value / sum) * (1 << precisionBits);
      weights[offset + x] = Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    }
    starts[i] = start;
    lengths[i] = length;
  }
  return { taps, starts, lengths, weights };
}

/**
 * Whether the pass along y goes before the pass along x: where the height shrinks by more than twice as many pixels
 * as the width (u8 rounding between the passes makes the order visible). So since Pillow 13; before it, the pass
 * along x always came first.
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c (ImagingResampleInner)
 */
export function isVerticalFirst(inWidth: number, inHeight: number, outWidth: number, outHeight: number): boolean {
  return inHeight > outHeight && inHeight - outHeight > (inWidth - outWidth) * 2;
}

/**
 * Source index of the output pixels `first` to `first + count - 1` of a nearest-neighbour resize.
 * The position is *accumulated* from 0.5 * scale in steps of scale, as Pillow does; multiplying instead
 * picks another pixel for some sizes. An index beyond the source (drift, at absurd sizes) is clamped.
 * @see https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Geometry.c (ImagingScaleAffine)
 */
export function nearestIndices(inSize: number, outSize: number, first: number, count: number): Int32Array {
  const scale = inSize / outSize;
  const indices = new Int32Array(count);
  let position = scale * 0.5;
  for (let x = 0; x < first; x++) position += scale;
  for (let i = 0; i < count; i++) {
    indices[i] = Math.min(Math.trunc(position), inSize - 1);
    position += scale;
  }
  return indices;
}
