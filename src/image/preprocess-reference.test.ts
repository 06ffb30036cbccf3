import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NativePreprocessPlan } from '../native/addon-types.js';
import { preprocessReference } from './preprocess-reference.js';
import { isVerticalFirst, nearestIndices } from './resample-filter.js';

function planOf(changes: Partial<NativePreprocessPlan>): NativePreprocessPlan {
  const sourceWidth = changes.sourceWidth ?? 1;
  const sourceHeight = changes.sourceHeight ?? 1;
  const resizeWidth = changes.resizeWidth ?? sourceWidth;
  const resizeHeight = changes.resizeHeight ?? sourceHeight;
  return {
    sourceWidth,
    sourceHeight,
    resizeWidth,
    resizeHeight,
    cropWidth: resizeWidth,
    cropHeight: resizeHeight,
    filter: 3,
    flipChannels: false,
    planar: false,
    table: null,
    ...changes,
  };
}

function run(source: Uint8Array, plan: NativePreprocessPlan): Uint8Array {
  const target = new Uint8Array(plan.cropWidth * plan.cropHeight * 3 * (plan.table?.BYTES_PER_ELEMENT ?? 1));
  preprocessReference(source, plan, target);
  return target;
}

function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
}

/** Red channel of a one-row picture. */
function reds(pixels: Uint8Array): number[] {
  return [...pixels].filter((_, i) => i % 3 === 0);
}

function greys(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value, value, value]));
}

const filters = [0, 1, 2, 3, 4, 5];

describe('preprocessReference: resizing', () => {
  it.each(filters)('spreads a single pixel evenly (filter %i)', (filter) => {
    const out = run(Uint8Array.of(10, 20, 250), planOf({ resizeWidth: 5, resizeHeight: 3, filter }));
    expect([...out]).toEqual(Array.from({ length: 15 }, () => [10, 20, 250]).flat());
  });

  it.each(filters)('copies a picture that has its size already (filter %i)', (filter) => {
    const source = noise(7 * 5 * 3, 1);
    expect(run(source, planOf({ sourceWidth: 7, sourceHeight: 5, filter }))).toEqual(source);
  });

  // Made with Pillow 13: Image.fromarray(...).resize((n, 1), filter).
  it.each([
    [1, [0, 100, 200, 255], 2, [57, 225]],
    [2, [0, 100, 200, 255], 2, [71, 209]],
    [3, [0, 100, 200, 255], 2, [60, 221]],
    [4, [0, 100, 200, 255], 2, [50, 228]],
    [5, [0, 100, 200, 255], 2, [56, 222]],
    [0, [0, 100, 200, 255], 3, [0, 200, 255]],
    [3, [0, 255], 4, [0, 53, 202, 255]],
  ])('resizes a row as Pillow does (filter %i, %j to %i px)', (filter, row, width, expected) => {
    const plan = planOf({ sourceWidth: row.length, resizeWidth: width, filter });
    expect(reds(run(greys(...row), plan))).toEqual(expected);
  });

  it('resizes a tall picture as Pillow does, down before across', () => {
    // Made with Pillow 13: resize((5, 3), BICUBIC); across before down, two of these differ.
    const expected = [107, 109, 114, 119, 121, 98, 103, 117, 131, 136, 85, 96, 126, 155, 166];
    const source = greys(...Array.from({ length: 18 }, (_, i) => (i * 97) % 256));
    const plan = planOf({ sourceWidth: 2, sourceHeight: 9, resizeWidth: 5, resizeHeight: 3 });
    expect(reds(run(source, plan))).toEqual(expected);
  });

  it('does not let bicubic overshoot wrap around', () => {
    const out = reds(run(greys(0, 0, 255, 255, 0, 0), planOf({ sourceWidth: 6, resizeWidth: 24 })));
    expect([Math.min(...out), Math.max(...out)]).toEqual([0, 255]);
    expect(out.slice(0, 6).every((value) => value < 128)).toBe(true);
  });

  it('accumulates the position of nearest, as multiplying picks other pixels for some sizes', () => {
    const multiplied = (inSize: number, outSize: number) =>
      Array.from({ length: outSize }, (_, i) => Math.trunc((i + 0.5) * (inSize / outSize)));
    const differing = [];
    for (let size = 1; size < 1000; size++) {
      const accumulated = [...nearestIndices(size, 224, 0, 224)];
      const other = multiplied(size, 224);
      if (accumulated.some((index, i) => index !== other[i])) differing.push(size);
    }
    expect(differing.length).toBeGreaterThan(0);
  });

  it('goes down before across only where the height shrinks by more than twice as much', () => {
    expect(isVerticalFirst(100, 200, 50, 99)).toBe(true);
    expect(isVerticalFirst(100, 200, 50, 100)).toBe(false);
    expect(isVerticalFirst(3, 500, 224, 224)).toBe(true);
    expect(isVerticalFirst(3, 100, 224, 100)).toBe(false);
    expect(isVerticalFirst(500, 3, 224, 224)).toBe(false);
  });
});

describe('preprocessReference: cropping and padding', () => {
  it('crops from floor of half the excess', () => {
    const plan = planOf({ sourceWidth: 6, cropWidth: 3 });
    expect(reds(run(greys(1, 2, 3, 4, 5, 6), plan))).toEqual([2, 3, 4]);
  });

  it('pads with ceil of half of what is missing in front', () => {
    const wide = planOf({ sourceWidth: 2, cropWidth: 5 });
    expect(reds(run(greys(7, 8), wide))).toEqual([0, 0, 7, 8, 0]);
    const tall = planOf({ sourceHeight: 2, cropHeight: 5 });
    expect(reds(run(greys(7, 8), tall))).toEqual([0, 0, 7, 8, 0]);
  });

  it('pads one axis and crops the other', () => {
    const plan = planOf({ sourceWidth: 4, sourceHeight: 1, cropWidth: 2, cropHeight: 3 });
    expect(reds(run(greys(1, 2, 3, 4), plan))).toEqual([0, 0, 2, 3, 0, 0]);
  });

  it('pads with the table value of 0', () => {
    const table = Float32Array.from({ length: 768 }, (_, i) => i);
    const out = run(greys(9), planOf({ cropWidth: 2, planar: true, table }));
    expect([...new Float32Array(out.buffer)]).toEqual([0, 9, 256, 265, 512, 521]);
  });

  it('gives the same pixels for a crop as cutting them from the whole resized picture', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        fc.tuple(size, size, size, size, fc.integer({ min: 0, max: 5 }), fc.double({ min: 0, max: 1, noNaN: true })),
        ([width, height, resizeWidth, resizeHeight, filter, keep]) => {
          const source = noise(width * height * 3, width * 41 + height);
          const plan = planOf({ sourceWidth: width, sourceHeight: height, resizeWidth, resizeHeight, filter });
          const whole = run(source, plan);
          const cropWidth = Math.max(1, Math.round(resizeWidth * keep));
          const cropHeight = Math.max(1, Math.round(resizeHeight * (1 - keep / 2)));
          const left = Math.floor((resizeWidth - cropWidth) / 2);
          const top = Math.floor((resizeHeight - cropHeight) / 2);
          const cut = Array.from({ length: cropHeight }, (_, y) => {
            const at = ((top + y) * resizeWidth + left) * 3;
            return [...whole.subarray(at, at + cropWidth * 3)];
          });
          expect([...run(source, { ...plan, cropWidth, cropHeight })]).toEqual(cut.flat());
        },
      ),
    );
  });
});

describe('preprocessReference: elements and layout', () => {
  const source = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const plan = planOf({ sourceWidth: 2 });

  it('writes pixels or planes, in either order of channels', () => {
    expect([...run(source, plan)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...run(source, { ...plan, flipChannels: true })]).toEqual([3, 2, 1, 6, 5, 4]);
    expect([...run(source, { ...plan, planar: true })]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...run(source, { ...plan, planar: true, flipChannels: true })]).toEqual([3, 6, 2, 5, 1, 4]);
  });

  it('looks values up by source channel, also where channels are flipped', () => {
    const table = Uint16Array.from({ length: 768 }, (_, i) => i);
    const out = run(source, { ...plan, flipChannels: true, table });
    expect([...new Uint16Array(out.buffer)]).toEqual([515, 258, 1, 518, 261, 4]);
  });

  it('writes the same bytes at any offset of a larger buffer and none beside them', () => {
    const table = Float32Array.from({ length: 768 }, (_, i) => i / 7);
    const expected = run(source, { ...plan, table });
    for (const offset of [0, 1, 2, 3, 4]) {
      const buffer = new Uint8Array(40).fill(0xee);
      preprocessReference(source, { ...plan, table }, buffer.subarray(offset, offset + 24));
      expect(buffer.subarray(offset, offset + 24)).toEqual(expected);
      expect(new Set([...buffer.subarray(0, offset), ...buffer.subarray(offset + 24)])).toEqual(new Set([0xee]));
    }
  });

  it('writes into memory shared with a worker', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(6));
    preprocessReference(source, plan, shared);
    expect([...shared]).toEqual([...source]);
  });

  it.each([
    ['a source of another size', { sourceWidth: 3 }],
    ['a target of another size', { cropWidth: 3 }],
    ['a size of nothing', { resizeWidth: 0 }],
    ['a size that is no integer', { resizeHeight: 1.5 }],
    ['an unknown filter', { filter: 6 }],
    ['a short table', { table: new Float32Array(256) }],
  ])('refuses %s', (_, changes) => {
    const refused: NativePreprocessPlan = { ...plan, ...changes };
    const target = new Uint8Array(6 * (refused.table === null ? 1 : 4));
    expect(() => preprocessReference(source, refused, target)).toThrow(
      expect.objectContaining({ code: 'ERR_NATIVE_ARGUMENT' }),
    );
  });
});
