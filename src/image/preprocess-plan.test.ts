import { describe, expect, it } from 'vitest';
import { toFloat16Bits } from './float16.js';
import type { ImageProcessor } from './image-processor.js';
import { intermediateBytes, outputBytes, planPreprocessing, resizedSize, targetEdgeOf } from './preprocess-plan.js';
import type { TensorFormat } from './tensor-format.js';

const table = Float32Array.from({ length: 768 }, (_, i) => (i % 256) / 255 - 0.5);

const processor: ImageProcessor = {
  className: 'TestImageProcessor',
  resize: { kind: 'shortest-edge', edge: 256 },
  filter: 'bicubic',
  crop: { width: 224, height: 224 },
  table,
  flipChannels: false,
};

const pixels: TensorFormat = { dtype: 'uint8', layout: 'NHWC' };
const tensor: TensorFormat = { dtype: 'float32', layout: 'NCHW' };

function codeOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return undefined;
}

describe('resizedSize', () => {
  it.each([
    // What int(edge * long / short) is in Python.
    [640, 427, 256, 383, 256],
    [427, 640, 256, 256, 383],
    [333, 251, 256, 339, 256],
    [500, 500, 224, 224, 224],
    [1, 1, 256, 256, 256],
    [3, 500, 288, 288, 48000],
    [49, 98, 7, 7, 14],
  ])('brings %i x %i px to a shortest edge of %i px as %i x %i px', (width, height, edge, newWidth, newHeight) => {
    const resized = resizedSize({ width, height }, { kind: 'shortest-edge', edge });
    expect(resized).toEqual({ width: newWidth, height: newHeight });
  });

  it('takes an exact size whatever the aspect ratio, and the source size where nothing is resized', () => {
    const source = { width: 10, height: 20 };
    expect(resizedSize(source, { kind: 'exact', width: 224, height: 192 })).toEqual({ width: 224, height: 192 });
    expect(resizedSize(source, { kind: 'none' })).toEqual(source);
  });
});

describe('planPreprocessing', () => {
  it('gives the size of the crop, else of the resize, else of the source', () => {
    const source = { width: 640, height: 480 };
    const sizeOf = (changes: Partial<ImageProcessor>) => {
      const { cropWidth, cropHeight } = planPreprocessing({ ...processor, ...changes }, source, pixels);
      return [cropWidth, cropHeight];
    };
    expect(sizeOf({})).toEqual([224, 224]);
    expect(sizeOf({ crop: null })).toEqual([341, 256]);
    expect(sizeOf({ crop: null, resize: { kind: 'none' } })).toEqual([640, 480]);
  });

  it('carries the table in the elements of the tensor, made once a processor', () => {
    const source = { width: 640, height: 480 };
    const half: TensorFormat = { dtype: 'float16', layout: 'NCHW' };
    const plan = planPreprocessing(processor, source, half);
    expect(planPreprocessing(processor, source, pixels).table).toBeNull();
    expect(planPreprocessing(processor, source, tensor).table).toBe(table);
    expect(plan.table).toEqual(Uint16Array.from(table, toFloat16Bits));
    expect(planPreprocessing(processor, { width: 1, height: 1 }, half).table).toBe(plan.table);
    expect([plan.planar, planPreprocessing(processor, source, pixels).planar]).toEqual([true, false]);
    expect(outputBytes(plan)).toBe(224 * 224 * 3 * 2);
  });

  it.each(['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const)(
    'knows the code of %s',
    (filter) => {
      const order = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'];
      const plan = planPreprocessing({ ...processor, filter }, { width: 9, height: 9 }, pixels);
      expect(plan.filter).toBe(order.indexOf(filter));
    },
  );

  it('plans a sliver that is cropped, since only what the crop keeps is held', () => {
    const plan = planPreprocessing(processor, { width: 1, height: 500_000 }, tensor);
    expect(plan.resizeHeight).toBe(128_000_000);
    expect(intermediateBytes(plan)).toBeLessThan(1 << 20);
  });

  it('holds less than a tenth of the bound for the largest photograph that is decoded', () => {
    const plan = planPreprocessing({ ...processor, filter: 'lanczos' }, { width: 13377, height: 13377 }, tensor);
    expect(intermediateBytes(plan)).toBeLessThan(2 ** 28 / 10);
  });

  it.each([
    ['an output beyond the bound', { width: 1, height: 400_000 }, { crop: null }],
    ['more pixels on an axis than an int counts', { width: 1, height: 9_000_000 }, {}],
    ['weights beyond the bound', { width: 60_000_000, height: 1 }, { resize: { kind: 'exact', width: 9, height: 9 } }],
  ] as const)('refuses %s', (_, source, changes) => {
    const extreme = { ...processor, ...changes };
    expect(codeOf(() => planPreprocessing(extreme, source, pixels))).toBe('ERR_IMAGE_SHAPE_EXTREME');
  });

  it('takes a bound of the caller', () => {
    const plan = () =>
      planPreprocessing(processor, { width: 64, height: 48 }, tensor, { maxIntermediateBytes: 602_111 });
    expect(codeOf(plan)).toBe('ERR_IMAGE_SHAPE_EXTREME');
    expect(codeOf(() => planPreprocessing(processor, { width: 64, height: 48 }, tensor))).toBeUndefined();
  });
});

describe('targetEdgeOf', () => {
  it('is the side below which the processor would enlarge, where it resizes', () => {
    expect(targetEdgeOf(processor)).toBe(256);
    expect(targetEdgeOf({ ...processor, resize: { kind: 'exact', width: 224, height: 192 } })).toBe(224);
    expect(targetEdgeOf({ ...processor, resize: { kind: 'none' } })).toBeUndefined();
  });
});
