import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { BackendDevice } from '../../backend/backend.js';
import { ManualClock } from '../manual-clock.test-support.js';
import { itemsOf, outcomesOf, picturesOf, setUp, sizesOf } from './batcher.test-support.js';
import { ComputeShares } from './compute-shares.js';
import { pictureOf, scoresOf } from './fake-pictures.test-support.js';

describe('Batcher', () => {
  it('runs what is there as soon as a slot is free, and fills the next slot while one runs', async () => {
    const { batcher, backend } = setUp({ maxBatch: 4, slotCount: 2 });
    const results = batcher.submitAll(itemsOf(1, 2));
    const first = await backend.nextRun();
    results.push(...batcher.submitAll(itemsOf(3)));
    const second = await backend.nextRun();
    results.push(...batcher.submitAll(itemsOf(4, 5, 6, 7, 8)));
    expect(batcher.waiting).toBe(5);
    second.finish();
    const third = await backend.nextRun();
    expect([first, second, third].map(({ pictures }) => pictures)).toEqual([
      picturesOf(1, 2),
      picturesOf(3),
      picturesOf(4, 5, 6, 7),
    ]);
    expect([first.endedAtMs, batcher.waiting]).toEqual([undefined, 1]);
    first.finish();
    third.finish();
    (await backend.nextRun()).finish();
    expect(await outcomesOf(results)).toEqual(picturesOf(1, 2, 3, 4, 5, 6, 7, 8).map((one) => scoresOf(one, 3)));
    expect(backend.violations).toEqual([]);
  });

  it('tells of stages that follow each other without gaps', async () => {
    const { batcher, backend, clock } = setUp({ maxDelayMs: 5, held: false, runMs: () => 40 });
    const result = batcher.submit({
      write: (target) => new Promise((resolve) => clock.after(7, () => resolve(target.set(pictureOf(1))))),
    });
    await clock.advance(100);
    expect((await result).spans).toEqual([
      { stage: 'batch', startMs: 0, durationMs: 5 },
      { stage: 'preprocess', startMs: 5, durationMs: 7 },
      { stage: 'inference', startMs: 12, durationMs: 40 },
    ]);
    expect(backend.takenSlots).toBe(0);
  });

  it('waits for others for as long as it may, and no longer than until the slot is full', async () => {
    const { batcher, backend, clock } = setUp({ maxDelayMs: 10, held: false, maxBatch: 3 });
    const results = batcher.submitAll(itemsOf(1));
    await clock.advance(6);
    results.push(...batcher.submitAll(itemsOf(2)));
    await clock.advance(3);
    expect([batcher.waiting, backend.runs.length]).toEqual([2, 0]);
    await clock.advance(1);
    expect(sizesOf(backend)).toEqual([2]);
    results.push(...batcher.submitAll(itemsOf(3)));
    await clock.advance(4);
    results.push(...batcher.submitAll(itemsOf(4, 5)));
    expect(await outcomesOf(results)).toHaveLength(5);
    expect([sizesOf(backend), clock.now(), clock.nextAt]).toEqual([[2, 3], 14, undefined]);
  });

  it('fills a size of batches to the last row rather than a larger one by half', async () => {
    const { batcher, backend } = setUp({ maxBatch: 8, batchSizes: [1, 2, 4, 8], held: false });
    await Promise.all(batcher.submitAll(itemsOf(1, 2, 3, 4, 5)));
    expect(sizesOf(backend)).toEqual([4, 1]);
  });

  it('gives each idle worker its share of those that wait, and what comes while all are busy to the next slot', async () => {
    const { batcher, backend } = setUp({ resource: 'cpu', workers: 2, slotCount: 4 });
    const results = batcher.submitAll(itemsOf(1, 2, 3));
    const [first, second] = [await backend.nextRun(), await backend.nextRun()];
    results.push(...batcher.submitAll(itemsOf(4, 5, 6)));
    first.finish();
    const third = await backend.nextRun();
    expect([first, second, third].map(({ pictures }) => pictures)).toEqual([
      picturesOf(1, 2),
      picturesOf(3),
      picturesOf(4, 5, 6),
    ]);
    expect(second.endedAtMs).toBeUndefined();
    second.finish();
    third.finish();
    expect(await outcomesOf(results)).toEqual(picturesOf(1, 2, 3, 4, 5, 6).map((one) => scoresOf(one, 3)));
    expect(backend.violations).toEqual([]);
  });

  it('begins a batch of one serving at once although all workers of another one are busy', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    const workers = 2 * Math.max(2, availableParallelism());
    const costly = setUp({ serving: 'costly', resource: 'cpu', workers, slotCount: workers, maxBatch: 1, shares });
    const cheap = setUp({ serving: 'cheap', resource: 'cpu', shares });
    const results = costly.batcher.submitAll(itemsOf(...Array.from({ length: 2 * workers }, (_, id) => id)));
    await clock.advance(0);
    expect(costly.backend.runs).toHaveLength(workers);
    results.push(...cheap.batcher.submitAll(itemsOf(1)));
    (await cheap.backend.nextRun()).finish();
    for (let run = 0; run < 2 * workers; run++) (await costly.backend.nextRun()).finish();
    expect(await Promise.all(results)).toHaveLength(2 * workers + 1);
  });

  describe('turns', () => {
    const device = (uuid: string): BackendDevice => ({
      ...{ index: 0, name: 'GPU', uuid, computeCapability: '8.9', library: 'TensorRT 10.15' },
    });

    it.each([
      // One of each: a session uses all cores, and the system shares those out.
      ['cpu', [], 2, 2],
      ['GPU-1', ['GPU-1'], 2, 2],
      // Four slots of two GPUs: two of them are of this one.
      ['GPU-1', ['GPU-1', 'GPU-2'], 4, 2],
      // While all GPUs are lost, nothing is known of where slots belong.
      ['GPU-1', [], 2, 2],
    ] as const)(
      'on %s, with GPUs %j and %i slots of each serving, lets %i runs of all servings go on at once',
      async (resource, uuids, slotCount, atOnce) => {
        const devices = uuids.map(device);
        const clock = new ManualClock();
        const shares = new ComputeShares(clock);
        const servings = ['one', 'two'].map((serving) =>
          setUp({ serving, resource, devices, slotCount, shares, maxBatch: 1 }),
        );
        const results = servings.flatMap(({ batcher }) => batcher.submitAll(itemsOf(1, 2, 3, 4)));
        const running = () =>
          servings.flatMap(({ backend }) => backend.runs.filter(({ endedAtMs }) => endedAtMs === undefined));
        const seen: number[] = [];
        await clock.advance(0);
        while (running().length > 0) {
          seen.push(running().length);
          running()[0]?.finish();
          await clock.advance(0);
        }
        await Promise.all(results);
        expect(Math.max(...seen)).toBe(atOnce);
      },
    );
  });
});
