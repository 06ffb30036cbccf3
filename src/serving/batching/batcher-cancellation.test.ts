import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../manual-clock.test-support.js';
import { heldItem, itemOf, itemsOf, outcomesOf, picturesOf, setUp } from './batcher.test-support.js';
import { ComputeShares } from './compute-shares.js';
import { pictureOf, scoresOf } from './fake-pictures.test-support.js';

const cancelled = new Error('cancelled');

describe('An item of a batcher that is cancelled', () => {
  it('rejects an item that was cancelled before it came', async () => {
    const { batcher, backend } = setUp();
    const signal = AbortSignal.abort(cancelled);
    await expect(batcher.submit(itemOf(pictureOf(1), signal))).rejects.toBe(cancelled);
    expect([batcher.waiting, backend.takenSlots]).toEqual([0, 0]);
  });

  it('leaves the queue at once and makes room for others', async () => {
    const { batcher, backend } = setUp({ maxBatch: 2, slotCount: 1 });
    const cancellation = new AbortController();
    const running = batcher.submit(itemOf(pictureOf(1)));
    const run = await backend.nextRun();
    const waiting = batcher.submitAll([itemOf(pictureOf(2), cancellation.signal), ...itemsOf(3, 4)]);
    cancellation.abort(cancelled);
    expect(batcher.waiting).toBe(2);
    await expect(waiting[0]).rejects.toBe(cancelled);
    run.finish();
    const next = await backend.nextRun();
    expect(next.pictures).toEqual(picturesOf(3, 4));
    next.finish();
    await Promise.all([running, ...waiting.slice(1)]);
  });

  it('gives the slot back that was kept waiting for others', async () => {
    const { batcher, backend, clock } = setUp({ maxDelayMs: 1000 });
    const cancellation = new AbortController();
    const result = batcher.submit(itemOf(pictureOf(1), cancellation.signal));
    await clock.advance(1);
    expect(backend.takenSlots).toBe(1);
    cancellation.abort(cancelled);
    await expect(result).rejects.toBe(cancelled);
    await clock.advance(0);
    expect([backend.takenSlots, backend.runs.length, clock.nextAt]).toEqual([0, 0, undefined]);
  });

  it('is left out of the run when it comes while the batch is written, and the slot waits for the writing', async () => {
    const { batcher, backend, clock } = setUp();
    const cancellation = new AbortController();
    const { item, written } = heldItem(pictureOf(1), cancellation.signal);
    const results = batcher.submitAll([item, ...itemsOf(2, 3)]);
    await clock.advance(0);
    cancellation.abort(cancelled);
    await expect(results[0]).rejects.toBe(cancelled);
    await clock.advance(0);
    expect(backend.runs).toEqual([]);
    written();
    const run = await backend.nextRun();
    expect(run.pictures).toEqual(picturesOf(2, 3));
    run.finish();
    expect(await outcomesOf(results.slice(1))).toEqual(picturesOf(2, 3).map((one) => scoresOf(one, 3)));
    expect(backend.violations).toEqual([]);
  });

  it('is left out of the run when it comes before its turn, and nothing runs where nothing else is left', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    const { batcher, backend } = setUp({ resource: 'cpu', shares, slotCount: 3, maxBatch: 2 });
    const firstResult = batcher.submit(itemOf(pictureOf(1)));
    const firstRun = await backend.nextRun();
    const cancellation = new AbortController();
    const { signal } = cancellation;
    const results = batcher.submitAll([
      ...[itemOf(pictureOf(2), signal), itemOf(pictureOf(3))],
      ...[itemOf(pictureOf(4), signal), itemOf(pictureOf(5), signal)],
    ]);
    await clock.advance(0);
    expect(shares.report()[0]?.waiting).toBe(2);
    cancellation.abort(cancelled);
    firstRun.finish();
    const run = await backend.nextRun();
    expect(run.pictures).toEqual(picturesOf(3));
    run.finish();
    expect(await outcomesOf(results)).toEqual([cancelled, scoresOf(pictureOf(3), 3), cancelled, cancelled]);
    await clock.advance(0);
    await firstResult;
    expect([backend.takenSlots, backend.runs.length]).toEqual([0, 2]);
  });

  it('rejects at once in the middle of a run, whose other items get their scores', async () => {
    const { batcher, backend } = setUp();
    const cancellation = new AbortController();
    const results = batcher.submitAll([itemOf(pictureOf(1), cancellation.signal), ...itemsOf(2)]);
    const run = await backend.nextRun();
    cancellation.abort(cancelled);
    await expect(results[0]).rejects.toBe(cancelled);
    run.finish();
    expect((await results[1])?.scores).toEqual(scoresOf(pictureOf(2), 3));
  });

  it('lets any number of items share a signal, and leaves no listener on it', async () => {
    const { batcher } = setUp({ held: false });
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const results = batcher.submitAll(Array.from({ length: 50 }, (_, id) => itemOf(pictureOf(id), signal)));
    expect(getEventListeners(signal, 'abort')).toHaveLength(50);
    await Promise.all(results);
    // Warnings come with the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect([getEventListeners(signal, 'abort'), warnings]).toEqual([[], []]);
  });
});
