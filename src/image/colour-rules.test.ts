import { describe, expect, it } from 'vitest';
import { cmykToRgb, grey16ToRgb } from './colour-rules.js';

describe('cmykToRgb', () => {
  // Made with Pillow 13: Image.new('CMYK', (1, 1), cmyk).convert('RGB').
  it.each([
    [
      [0, 0, 0, 0],
      [255, 255, 255],
    ],
    [
      [255, 255, 255, 255],
      [0, 0, 0],
    ],
    [
      [255, 0, 0, 0],
      [0, 255, 255],
    ],
    [
      [12, 100, 200, 50],
      [195, 125, 44],
    ],
    [
      [1, 128, 254, 127],
      [127, 64, 1],
    ],
  ])('turns %j into %j as Pillow does', (cmyk, rgb) => {
    expect([...cmykToRgb(Uint8Array.from(cmyk))]).toEqual(rgb);
  });
});

describe('grey16ToRgb', () => {
  it('clips at 255, at any offset of the bytes', () => {
    const bytes = new Uint8Array(Uint16Array.of(0, 255, 256, 65535).buffer);
    const shifted = new Uint8Array(9);
    shifted.set(bytes, 1);
    const expected = [0, 255, 255, 255].flatMap((value) => [value, value, value]);
    expect([...grey16ToRgb(bytes)]).toEqual(expected);
    expect([...grey16ToRgb(shifted.subarray(1))]).toEqual(expected);
  });
});
