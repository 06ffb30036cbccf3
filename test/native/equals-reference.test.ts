import fc from 'fast-check';
import { expect, it } from 'vitest';
import { preprocessReference } from '../../src/image/preprocess-reference.js';
import type { Addon, NativePreprocessPlan } from '../../src/native/addon-types.js';
import { describeWithAddon } from './describe-with-addon.js';

const side = fc.integer({ min: 1, max: 200 });

const table: fc.Arbitrary<NativePreprocessPlan['table']> = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 1, max: 65_535 }).map((step) => Uint16Array.from({ length: 768 }, (_, i) => i * step)),
  fc.float({ min: 0.5, max: 2, noNaN: true }).map((std) => Float32Array.from({ length: 768 }, (_, i) => i / 255 / std)),
);

/** Any plan, with sizes that stay (no resize, no crop) as often as sizes that change. */
const plans: fc.Arbitrary<NativePreprocessPlan> = fc
  .record({ source: fc.tuple(side, side), filter: fc.integer({ min: 0, max: 5 }) })
  .chain(({ source: [sourceWidth, sourceHeight], filter }) =>
    fc
      .tuple(fc.oneof(side, fc.constant(sourceWidth)), fc.oneof(side, fc.constant(sourceHeight)))
      .chain(([resizeWidth, resizeHeight]) =>
        fc.record({
          sourceWidth: fc.constant(sourceWidth),
          sourceHeight: fc.constant(sourceHeight),
          resizeWidth: fc.constant(resizeWidth),
          resizeHeight: fc.constant(resizeHeight),
          filter: fc.constant(filter),
          cropWidth: fc.oneof(side, fc.constant(resizeWidth)),
          cropHeight: fc.oneof(side, fc.constant(resizeHeight)),
          flipChannels: fc.boolean(),
          planar: fc.boolean(),
          table,
        }),
      ),
  );

/** Noise; with `contrast` only 0 and 255, which drive the sums beyond what a byte holds. */
function picture(plan: NativePreprocessPlan, seed: number, contrast: boolean): Uint8Array {
  const data = new Uint8Array(plan.sourceWidth * plan.sourceHeight * 3);
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    data[i] = contrast ? (state >>> 31) * 255 : state >>> 24;
  }
  return data;
}

async function expectEqual(addon: Addon, plan: NativePreprocessPlan, source: Uint8Array): Promise<void> {
  const bytes = plan.cropWidth * plan.cropHeight * 3 * (plan.table?.BYTES_PER_ELEMENT ?? 1);
  const expected = new Uint8Array(bytes);
  preprocessReference(source, plan, expected);
  const actual = new Uint8Array(bytes).fill(0xaa);
  await addon.preprocess(source, plan, actual);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

describeWithAddon('the addon against the TypeScript reference', (addon) => {
  it('writes the same bytes for any sizes, filter, crop, padding, channel order, layout and table', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(), fc.boolean(), (plan, seed, contrast) =>
        expectEqual(addon, plan, picture(plan, seed, contrast)),
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    ['high', { sourceWidth: 3000, sourceHeight: 1, resizeWidth: 768_000, resizeHeight: 256 }],
    ['wide', { sourceWidth: 1, sourceHeight: 3000, resizeWidth: 256, resizeHeight: 768_000 }],
  ])('writes the same bytes for the crop of a strip 1 pixel %s', async (_, sizes) => {
    for (let filter = 0; filter <= 5; filter++) {
      const plan: NativePreprocessPlan = {
        ...sizes,
        filter,
        cropWidth: 224,
        cropHeight: 224,
        flipChannels: false,
        planar: false,
        table: null,
      };
      await expectEqual(addon, plan, picture(plan, filter, false));
    }
  });
});
