import { describe, expect, it } from 'vitest';
import { fromFloat16Bits, toFloat16Bits } from './float16.js';

describe('float16', () => {
  it('reads back each of the 65,536 halves, every NaN as the quiet one', () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x10000; half++) {
      const expected = Number.isNaN(fromFloat16Bits(half)) ? 0x7e00 : half;
      if (toFloat16Bits(fromFloat16Bits(half)) !== expected) wrong.push(half);
    }
    expect(wrong).toEqual([]);
  });

  it('rounds to the nearer neighbour, and ties to the even one, between each two neighbouring halves', () => {
    const wrong: number[] = [];
    for (const sign of [0, 0x8000]) {
      for (let half = 0; half < 0x7bff; half++) {
        const [low, high] = [fromFloat16Bits(sign | half), fromFloat16Bits(sign | (half + 1))];
        // Exact in float32, as are the values 1/1024 of the gap beside it.
        const middle = (low + high) / 2;
        const step = (high - low) / 1024;
        const even = sign | (half % 2 === 0 ? half : half + 1);
        if (toFloat16Bits(middle) !== even) wrong.push(half);
        if (toFloat16Bits(middle - step) !== (sign | half)) wrong.push(half);
        if (toFloat16Bits(middle + step) !== (sign | (half + 1))) wrong.push(half);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99609375, 0x7bff],
    [65520, 0x7c00],
    [3e38, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [Number.NaN, 0x7e00],
    [-0, 0x8000],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 + 2 ** -48, 0x0001],
    [2 ** -149, 0x0000],
    [2 ** -14 - 2 ** -26, 0x0400],
  ])('writes %d as %i', (value, bits) => {
    expect(toFloat16Bits(value)).toBe(bits);
  });
});
