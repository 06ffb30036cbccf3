import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';
import { createStage, FakePicture, openAmong } from './fake-picture.test-support.js';

describe('ImageStage', () => {
  it('keeps both bounds, decodes in order and forgets nobody, whatever comes', async () => {
    const [capacityBytes, decoders] = [100, 3];
    const step = fc.oneof(
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('enter' as const), bytes: fc.nat(150) }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constantFrom('finish' as const, 'fail' as const, 'release' as const, 'cancel' as const),
          which: fc.nat(8),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
        const pictures: FakePicture[] = [];
        const begun: FakePicture[] = [];
        const budget = new ByteBudget(capacityBytes);
        const stage = createStage({ budget, decoders, open: openAmong(pictures) });
        const check = async (): Promise<void> => {
          await setImmediate();
          const inside = pictures.filter(({ isInside }) => isInside);
          const used = inside.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
          expect(inside.length).toBeLessThanOrEqual(decoders);
          expect(budget.usedBytes).toBe(used);
          if (used > capacityBytes) expect(inside.filter(({ memoryBytes }) => memoryBytes > 0)).toHaveLength(1);
          begun.push(...pictures.filter((one) => one.wasDecoded && !begun.includes(one)));
          const order = begun.map((one) => pictures.indexOf(one));
          expect(order).toEqual([...order].sort((a, b) => a - b));
        };
        for (const next of steps) {
          if (next.kind === 'enter') {
            const entering = new FakePicture(next.bytes);
            pictures.push(entering);
            entering.enter(stage);
          } else if (next.kind === 'cancel') {
            const chosen = pictures.filter((one) => one.isWaiting || one.isDecoding)[next.which];
            const mustNotDecode = chosen?.isWaiting === true;
            chosen?.cancel();
            await check();
            if (mustNotDecode) expect([chosen.wasDecoded, chosen.error]).toEqual([false, chosen.reason]);
          } else if (next.kind === 'release') {
            pictures.filter((one) => one.decoded !== undefined && !one.isReleased)[next.which]?.release();
          } else {
            const chosen = pictures.filter(({ isDecoding }) => isDecoding)[next.which];
            chosen?.finish(next.kind === 'fail' ? new Error('damaged') : undefined);
          }
          await check();
        }
        while (pictures.some(({ isInside }) => isInside)) {
          for (const one of pictures) {
            if (one.isDecoding) one.finish();
            else if (one.isInside) one.release();
          }
          await check();
        }
        expect(pictures.filter(({ isWaiting }) => isWaiting)).toEqual([]);
        expect([budget.usedBytes, budget.waiting]).toEqual([0, 0]);
      }),
      { numRuns: 200 },
    );
  });
});
