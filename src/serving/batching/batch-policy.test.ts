import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchQuestion, decideBatch } from './batch-policy.js';

const atOnce = { oldestAtMs: 0, nowMs: 0, capacity: 8, idleWorkers: 1, batchSizes: [1, 2, 4, 8], maxDelayMs: 0 };

/** Any queue that can come up, and some that cannot. */
const questions: fc.Arbitrary<BatchQuestion> = fc
  .record({
    waiting: fc.integer({ min: 0, max: 70 }),
    oldestAtMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    waitedMs: fc.double({ min: 0, max: 100, noNaN: true }),
    capacity: fc.integer({ min: 1, max: 64 }),
    idleWorkers: fc.integer({ min: 1, max: 9 }),
    batchSizes: fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { maxLength: 7 }),
    maxDelayMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
  })
  .map(({ waitedMs, ...rest }) => ({
    ...rest,
    nowMs: rest.oldestAtMs + waitedMs,
    batchSizes: rest.batchSizes.sort((a, b) => a - b),
  }));

describe('decideBatch', () => {
  it.each([
    // Whole sizes run as they are.
    [1, [1, 2, 4, 8], 8, 1],
    [2, [1, 2, 4, 8], 8, 2],
    [4, [1, 2, 4, 8], 8, 4],
    // A quarter of the next size may stay empty, more may not.
    [3, [1, 2, 4], 4, 3],
    [6, [1, 2, 4, 8], 8, 6],
    [7, [1, 2, 4, 8], 8, 7],
    [5, [1, 2, 4, 8], 8, 4],
    [9, [1, 2, 4, 8, 16], 16, 8],
    [11, [1, 2, 4, 8, 16], 16, 8],
    [12, [1, 2, 4, 8, 16], 16, 12],
    // A full slot goes, whatever sizes there are, and no more than that.
    [8, [1, 2, 4, 8], 8, 8],
    [100, [1, 2, 4, 8], 8, 8],
    // A slot that is smaller than the largest size is itself the next size.
    [5, [1, 2, 4, 8], 6, 5],
    [5, [1, 2, 4, 8], 5, 5],
    // Where no smaller size is full, all run, however many rows stay empty.
    [1, [4], 4, 1],
    [2, [4, 8], 8, 2],
    [5, [4, 8], 8, 4],
    [3, [], 8, 3],
  ])('of %i waiting with sizes %j in a slot for %i, runs %i', (waiting, batchSizes, capacity, dispatch) => {
    expect(decideBatch({ ...atOnce, waiting, batchSizes, capacity })).toEqual({ dispatch });
  });

  it.each([
    // With two idle workers and two images, each gets one; the odd one goes with the first batch.
    [2, 2, [1, 2, 3, 4], 1],
    [3, 2, [1, 2, 3, 4], 2],
    [4, 2, [1, 2, 3, 4], 2],
    [1, 4, [1, 2, 3, 4], 1],
    [16, 2, [1, 2, 3, 4], 4],
    // A graph with a fixed batch runs whole ones, which are better filled.
    [4, 2, [4, 8], 4],
    [3, 2, [4, 8], 3],
    [8, 2, [4, 8], 4],
  ])(
    'shares %i that wait out to %i idle workers: with sizes %j, runs %i',
    (waiting, idleWorkers, batchSizes, dispatch) => {
      const capacity = batchSizes.at(-1) ?? 1;
      expect(decideBatch({ ...atOnce, waiting, idleWorkers, batchSizes, capacity })).toEqual({ dispatch });
    },
  );

  it('does nothing where nothing waits, also once a delay is over', () => {
    expect(decideBatch({ ...atOnce, waiting: 0 })).toBe('nothing');
    expect(decideBatch({ ...atOnce, waiting: 0, nowMs: 50, maxDelayMs: 20 })).toBe('nothing');
  });

  it('waits for others until the oldest has waited for the delay, unless the slot is full before', () => {
    const delayed = { ...atOnce, oldestAtMs: 100, maxDelayMs: 20 };
    expect(decideBatch({ ...delayed, waiting: 3, nowMs: 100 })).toEqual({ sleepUntilMs: 120 });
    expect(decideBatch({ ...delayed, waiting: 3, nowMs: 119.9 })).toEqual({ sleepUntilMs: 120 });
    expect(decideBatch({ ...delayed, waiting: 4, nowMs: 120 })).toEqual({ dispatch: 4 });
    expect(decideBatch({ ...delayed, waiting: 8, nowMs: 100 })).toEqual({ dispatch: 8 });
  });

  it('runs no more than wait and fit, at least one, and never puts off what is full or has waited long enough', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { waiting, capacity, oldestAtMs, nowMs, maxDelayMs } = question;
        const decision = decideBatch(question);
        if (decision === 'nothing') expect(waiting).toBe(0);
        else if ('sleepUntilMs' in decision) {
          expect(decision.sleepUntilMs).toBeGreaterThan(nowMs);
          expect(decision.sleepUntilMs).toBe(oldestAtMs + maxDelayMs);
          expect(waiting).toBeLessThan(capacity);
        } else {
          expect(decision.dispatch).toBeGreaterThanOrEqual(1);
          expect(decision.dispatch).toBeLessThanOrEqual(Math.min(waiting, capacity));
        }
      }),
    );
  });

  it('leaves images waiting only for a size that is full, and rows empty beyond a quarter only for want of one', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const { waiting, capacity, batchSizes } = question;
        const decision = decideBatch({ ...question, maxDelayMs: 0 });
        if (decision === 'nothing' || 'sleepUntilMs' in decision) return;
        const { dispatch } = decision;
        const runsAs = Math.min(batchSizes.find((size) => size >= dispatch) ?? capacity, capacity);
        const emptyShare = (runsAs - dispatch) / runsAs;
        if (dispatch < Math.min(waiting, capacity)) expect(emptyShare).toBe(0);
        else if (emptyShare > 1 / 4) expect(batchSizes.every((size) => size > dispatch)).toBe(true);
      }),
    );
  });

  it('leaves no worker idle that could have had an image', () => {
    fc.assert(
      fc.property(questions, ({ idleWorkers, ...question }) => {
        const batchSizes = Array.from({ length: question.capacity }, (_, index) => index + 1);
        let { waiting } = question;
        const batches: number[] = [];
        for (let idle = idleWorkers; idle > 0 && waiting > 0; idle--) {
          const decision = decideBatch({ ...question, waiting, idleWorkers: idle, batchSizes, maxDelayMs: 0 });
          if (decision === 'nothing' || 'sleepUntilMs' in decision) throw new Error('It was put off.');
          batches.push(decision.dispatch);
          waiting -= decision.dispatch;
        }
        expect(batches).toHaveLength(Math.min(question.waiting, idleWorkers));
        if (batches.length > 0) expect(Math.max(...batches) - Math.min(...batches)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('lets go of a queue that nothing more comes into, in the end of all of it', () => {
    fc.assert(
      fc.property(questions, (question) => {
        let { waiting } = question;
        for (let batches = 0; waiting > 0; batches++) {
          expect(batches).toBeLessThanOrEqual(question.waiting);
          const nowMs = question.oldestAtMs + question.maxDelayMs;
          const decision = decideBatch({ ...question, waiting, nowMs });
          if (decision === 'nothing' || 'sleepUntilMs' in decision) throw new Error('It was put off.');
          waiting -= decision.dispatch;
        }
      }),
    );
  });
});
