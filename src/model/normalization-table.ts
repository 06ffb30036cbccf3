import { HornetError } from '../errors/hornet-error.js';
import type { Rgb } from './processor-families.js';

/** What happens to a channel value after resize and crop, in this order. */
export interface Normalization {
  /** Multiply by this, or null: not rescaled. */
  readonly rescaleFactor: number | null;
  /** Subtract 1 after rescaling. */
  readonly rescaleOffset: boolean;
  /** Subtract the mean and divide by the deviation, or null. */
  readonly normalize: { readonly mean: Rgb; readonly std: Rgb } | null;
  /** Divide by these once more, or null (EfficientNet's `include_top`). */
  readonly divideAgain: Rgb | null;
}

const { fround } = Math;

/**
 * The float32 value of each u8 value: 768 entries, index channel * 256 + value, channels R, G, B. Each step is
 * rounded to float32 as NumPy does it; only the product with the rescale factor is float64.
 * @throws ERR_PROCESSOR_INVALID when a value is not finite
 * @see https://github.com/huggingface/transformers/blob/v5.23.0/src/transformers/image_transforms.py
 */
export function normalizationTable(steps: Normalization): Float32Array {
  const table = new Float32Array(3 * 256);
  for (const channel of [0, 1, 2] as const) {
    for (let value = 0; value < 256; value++) {
      table[channel * 256 + value] = normalizeValue(value, channel, steps);
    }
  }
  if (!table.every(Number.isFinite)) {
    throw new HornetError(
      'ERR_PROCESSOR_INVALID',
      'rescale_factor, image_mean and image_std together give values that are no float32 numbers.',
    );
  }
  return table;
}

function normalizeValue(value: number, channel: 0 | 1 | 2, steps: Normalization): number {
  let x = value;
  if (steps.rescaleFactor !== null) {
    x = fround(x * steps.rescaleFactor);
    if (steps.rescaleOffset) x = fround(x - 1);
  }
  if (steps.normalize !== null) {
    const { mean, std } = steps.normalize;
    x = fround(fround(x - fround(mean[channel])) / fround(std[channel]));
  }
  if (steps.divideAgain !== null) x = fround(x / fround(steps.divideAgain[channel]));
  return x;
}
