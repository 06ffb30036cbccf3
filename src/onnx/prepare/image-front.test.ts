import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { toFloat16Bits } from '../../image/float16.js';
import type { TensorFormat } from '../../image/tensor-format.js';
import { normalizationTable } from '../../model/normalization-table.js';
import { processorFamilies } from '../../model/processor-families.js';
import { modelBytes, testGraph, testModel, testValue } from '../build-test-model.test-support.js';
import { channelScale, scaleTolerance } from './channel-scale.js';
import { nameGiver } from './graph-names.js';
import { uint8Value } from './graph-nodes.js';
import { imageFront } from './image-front.js';

interface Front {
  readonly table: Float32Array;
  readonly flipChannels: boolean;
  readonly format: TensorFormat & { readonly dtype: 'float32' | 'float16' };
}

/** A picture of 16 x 16 px: all u8 values in each channel, in another order in each. */
const picture = Uint8Array.from({ length: 768 }, (_, index) => {
  const factor = [1, 7, 255][index % 3] ?? 1;
  return (Math.floor(index / 3) * factor) % 256;
});

async function runFront({ table, flipChannels, format }: Front): Promise<Float32Array | Uint16Array> {
  const node = imageFront({
    processor: { table, flipChannels },
    format,
    inputName: 'image',
    outputName: 'pixels',
    names: nameGiver(testGraph({})),
  });
  const output = [testValue('pixels', format.dtype, [null, null, null, null])];
  const graph = testGraph({ node, input: [uint8Value('image', ['N', 16, 16, 3])], output });
  const session = await InferenceSession.create(modelBytes(testModel(graph)));
  const { pixels } = await session.run({ image: new Tensor('uint8', picture, [1, 16, 16, 3]) });
  await session.release();
  if (pixels === undefined) throw new Error('no output');
  const { buffer, byteOffset, length } = pixels.data as Float32Array;
  return format.dtype === 'float32'
    ? new Float32Array(buffer, byteOffset, length)
    : new Uint16Array(buffer, byteOffset, length);
}

/** The table's entries where the front must have them, with the source channel of each. */
function expectedPixels({ table, flipChannels, format }: Front): { value: number; channel: number }[] {
  return Array.from({ length: 768 }, (_, index) => {
    const [position, pixel] =
      format.layout === 'NCHW' ? [Math.floor(index / 256), index % 256] : [index % 3, Math.floor(index / 3)];
    const channel = flipChannels ? 2 - position : position;
    return { value: table[channel * 256 + (picture[pixel * 3 + channel] as number)] as number, channel };
  });
}

const rgb = (arbitrary: fc.Arbitrary<number>) => fc.tuple(arbitrary, arbitrary, arbitrary);
const double = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const normalization = fc.record({
  rescaleFactor: fc.option(fc.oneof(fc.constant(1 / 255), fc.constant(1 / 127.5), double(1e-6, 10))),
  rescaleOffset: fc.boolean(),
  normalize: fc.option(
    fc.record({
      mean: rgb(fc.oneof(double(-1, 1), double(-200, 200))),
      std: rgb(fc.oneof(double(0.01, 1), double(1, 300))),
    }),
  ),
  divideAgain: fc.option(rgb(double(0.1, 2))),
});
const layout = fc.constantFrom('NCHW' as const, 'NHWC' as const);

describe('the front of a graph', () => {
  it('gives the entries of the table, to within the stated tolerance, in float32', async () => {
    await fc.assert(
      fc.asyncProperty(normalization, fc.boolean(), layout, async (steps, flipChannels, order) => {
        const front: Front = {
          table: normalizationTable(steps),
          flipChannels,
          format: { dtype: 'float32', layout: order },
        };
        const pixels = await runFront(front);
        const largest = [0, 1, 2].map((c) => Math.max(...front.table.subarray(c * 256, c * 256 + 256).map(Math.abs)));
        expectedPixels(front).forEach(({ value, channel }, index) => {
          const tolerance = scaleTolerance * (largest[channel] as number);
          expect(Math.abs((pixels[index] as number) - value)).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('gives the half of the table or its neighbour in float16', async () => {
    const normalize = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
    const table = normalizationTable({ rescaleFactor: 1 / 255, rescaleOffset: false, normalize, divideAgain: null });
    for (const flipChannels of [false, true]) {
      const front: Front = { table, flipChannels, format: { dtype: 'float16', layout: 'NCHW' } };
      const pixels = await runFront(front);
      const steps = expectedPixels(front).map(({ value }, index) =>
        Math.abs(toFloat16Bits(value) - (pixels[index] as number)),
      );
      expect(Math.max(...steps)).toBeLessThanOrEqual(1);
      expect(steps.filter((step) => step > 0).length).toBeLessThan(8);
    }
  });

  it.each(['float32', 'float16'] as const)('looks up a table that is not affine, exactly, in %s', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.boolean(), layout, async (seed, flipChannels, order) => {
        const table = Float32Array.from({ length: 768 }, (_, index) => Math.sin(seed + index * index));
        expect(channelScale(table)).toBeNull();
        const front: Front = { table, flipChannels, format: { dtype, layout: order } };
        const convert = dtype === 'float16' ? toFloat16Bits : (value: number) => value;
        expect([...(await runFront(front))]).toEqual(expectedPixels(front).map(({ value }) => convert(value)));
      }),
      { numRuns: 10 },
    );
  });

  it('has no node that changes nothing', () => {
    const table = Float32Array.from({ length: 768 }, (_, index) => index % 256);
    const operators = (processor: { table: Float32Array; flipChannels: boolean }, format: TensorFormat) =>
      imageFront({ processor, format, inputName: 'a', outputName: 'b', names: nameGiver(testGraph({})) })
        .map(({ opType }) => opType)
        .filter((opType) => opType !== 'Constant');
    expect(operators({ table, flipChannels: false }, { dtype: 'float32', layout: 'NHWC' })).toEqual(['Cast']);
    const half = table.map((value) => value / 2);
    expect(operators({ table: half, flipChannels: true }, { dtype: 'float16', layout: 'NCHW' })).toEqual([
      'Cast',
      'Gather',
      'Transpose',
      'Mul',
      'Cast',
    ]);
  });
});

describe('channelScale', () => {
  it.each([...processorFamilies.values()])('finds the lines of $className', ({ mean, std, efficientNetOptions }) => {
    const steps = { rescaleOffset: efficientNetOptions, divideAgain: efficientNetOptions ? std : null };
    for (const rescaleFactor of [1 / 255, 1 / 127.5, null]) {
      for (const normalize of [{ mean, std }, null]) {
        expect(channelScale(normalizationTable({ ...steps, rescaleFactor, normalize }))).not.toBeNull();
      }
    }
  });

  it('refuses a table in which one entry of 768 is off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 767 }), (at) => {
        const table = Float32Array.from({ length: 768 }, (_, index) => (index % 256) / 255);
        table[at] = (table[at] as number) + 1e-5;
        expect(channelScale(table)).toBeNull();
      }),
    );
  });

  it('refuses values that are not finite', () => {
    expect(channelScale(new Float32Array(768).fill(Number.NaN))).toBeNull();
    expect(channelScale(new Float32Array(768).fill(Number.POSITIVE_INFINITY))).toBeNull();
  });
});
