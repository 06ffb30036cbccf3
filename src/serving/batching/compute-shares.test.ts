import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../clock.js';
import { ManualClock } from '../manual-clock.test-support.js';
import { ComputeShares } from './compute-shares.js';

/** Work that takes `ms`. */
function taking(clock: Clock, ms: number): () => Promise<void> {
  return () => new Promise((resolve) => clock.after(ms, resolve));
}

/** Work that ends when it is told to. */
function heldWork(): { readonly work: () => Promise<void>; readonly end: () => void; readonly begun: () => boolean } {
  let end = (): void => {};
  let begun = false;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const work = (): Promise<void> => {
    begun = true;
    return done;
  };
  return { work, end, begun: () => begun };
}

function busyMsOf(shares: ComputeShares, serving: string): number {
  return shares.report().find((share) => share.serving === serving)?.busyMs ?? 0;
}

const cpu = { resource: 'cpu', concurrency: 1 };
const costs = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 20 });

describe('ComputeShares', () => {
  it('begins work at once where the resource is free, and hands on what it gives', async () => {
    const shares = new ComputeShares(new ManualClock());
    const held = heldWork();
    const running = shares.run({ ...cpu, serving: 'a' }, async () => {
      await held.work();
      return 7;
    });
    expect(held.begun()).toBe(true);
    held.end();
    expect(await running).toBe(7);
  });

  it('lets one serving have no more than its own, and another one what is left', () => {
    const shares = new ComputeShares(new ManualClock());
    const works = Array.from({ length: 3 }, heldWork);
    const turn = { resource: 'cpu', concurrency: 2, ownConcurrency: 1 };
    works.forEach(({ work }, index) => void shares.run({ ...turn, serving: index < 2 ? 'a' : 'b' }, work));
    expect(works.map((work) => work.begun())).toEqual([true, false, true]);
  });

  it('keeps resources apart', () => {
    const shares = new ComputeShares(new ManualClock());
    const [first, second] = [heldWork(), heldWork()];
    void shares.run({ ...cpu, serving: 'a' }, first.work);
    void shares.run({ resource: 'GPU-1', concurrency: 1, serving: 'a' }, second.work);
    expect([first.begun(), second.begun()]).toEqual([true, true]);
  });

  it('lets as many run at once as the one names who names most, of those who want it just then', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    const works = Array.from({ length: 5 }, heldWork);
    const begun = (): boolean[] => works.map((work) => work.begun());
    works.forEach(({ work }, index) => {
      void shares.run({ resource: 'cpu', concurrency: index === 1 ? 3 : 1, serving: `s${index}` }, work);
    });
    expect(begun()).toEqual([true, true, true, false, false]);
    works[1]?.end();
    works[2]?.end();
    await clock.advance(0);
    expect(begun()).toEqual([true, true, true, false, false]);
    works[0]?.end();
    await clock.advance(0);
    expect(begun()).toEqual([true, true, true, true, false]);
  });

  it('lets two take turns where both always want it, and gives each the same time if one has longer runs', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    for (let run = 0; run < 100; run++) {
      void shares.run({ ...cpu, serving: 'long' }, taking(clock, 90));
      void shares.run({ ...cpu, serving: 'short' }, taking(clock, 10));
    }
    await clock.advance(1000);
    expect(busyMsOf(shares, 'long') + busyMsOf(shares, 'short')).toBe(1000);
    expect(Math.abs(busyMsOf(shares, 'long') - busyMsOf(shares, 'short'))).toBeLessThanOrEqual(90);
  });

  it('charges for runs while they go on, so that long ones do not take the places of short ones', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    for (let run = 0; run < 100; run++) {
      void shares.run({ resource: 'cpu', serving: 'long', concurrency: 2 }, taking(clock, 1000));
      void shares.run({ resource: 'cpu', serving: 'short', concurrency: 2 }, taking(clock, 1));
    }
    await clock.advance(50);
    expect([busyMsOf(shares, 'long'), busyMsOf(shares, 'short')]).toEqual([50, 50]);
  });

  it('gives no credit for time in which a serving wanted nothing', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    for (let run = 0; run < 200; run++) void shares.run({ ...cpu, serving: 'always' }, taking(clock, 10));
    await clock.advance(1000);
    for (let run = 0; run < 100; run++) void shares.run({ ...cpu, serving: 'late' }, taking(clock, 10));
    await clock.advance(500);
    expect(Math.abs(busyMsOf(shares, 'late') - 250)).toBeLessThanOrEqual(10);
    expect(Math.abs(busyMsOf(shares, 'always') - 1250)).toBeLessThanOrEqual(10);
  });

  it('holds nothing against a serving that had the resource to itself', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    for (let run = 0; run < 100; run++) void shares.run({ ...cpu, serving: 'earlier' }, taking(clock, 10));
    await clock.advance(1000);
    // All is idle; then both come, the new one first.
    for (let run = 0; run < 100; run++) void shares.run({ ...cpu, serving: 'new' }, taking(clock, 10));
    for (let run = 0; run < 100; run++) void shares.run({ ...cpu, serving: 'earlier' }, taking(clock, 10));
    await clock.advance(500);
    expect(Math.abs(busyMsOf(shares, 'new') - 250)).toBeLessThanOrEqual(10);
  });

  it('reports time of runs that are still going on, and what waits', async () => {
    const clock = new ManualClock();
    const shares = new ComputeShares(clock);
    void shares.run({ ...cpu, serving: 'a' }, taking(clock, 50));
    void shares.run({ ...cpu, serving: 'b' }, taking(clock, 50));
    await clock.advance(20);
    expect(shares.report()).toEqual([
      { resource: 'cpu', serving: 'a', busyMs: 20, runs: 1, waiting: 0 },
      { resource: 'cpu', serving: 'b', busyMs: 0, runs: 0, waiting: 1 },
    ]);
  });

  it('gives two servings that always want it times that never differ by more than what may run at once', async () => {
    await fc.assert(
      fc.asyncProperty(costs, costs, fc.integer({ min: 1, max: 3 }), async (first, second, concurrency) => {
        const clock = new ManualClock();
        const shares = new ComputeShares(clock);
        const add = (serving: string, ms: number): Promise<void> =>
          shares.run({ resource: 'cpu', serving, concurrency }, taking(clock, ms));
        // The first to come may take all places before the second is there: they come one by one.
        const most = Math.max(first.length, second.length);
        for (let index = 0; index < most; index++) {
          for (const [serving, list] of [['first', first] as const, ['second', second] as const]) {
            const ms = list[index];
            if (ms !== undefined) void add(serving, ms);
          }
        }
        const bound = concurrency * Math.max(...first, ...second);
        const bothWait = (): boolean => shares.report().every(({ waiting }) => waiting > 0);
        while (bothWait() && clock.nextAt !== undefined) {
          await clock.advance(clock.nextAt - clock.now());
          const difference = Math.abs(busyMsOf(shares, 'first') - busyMsOf(shares, 'second'));
          expect(difference).toBeLessThanOrEqual(bound);
        }
      }),
    );
  });

  it('lets nobody wait for more than two runs of each of the others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(costs, { minLength: 2, maxLength: 5 }), costs, async (greedy, pausesMs) => {
        const clock = new ManualClock();
        const shares = new ComputeShares(clock);
        greedy.forEach((list, index) => {
          for (const ms of list) void shares.run({ ...cpu, serving: `greedy ${index}` }, taking(clock, ms));
        });
        const boundMs = greedy.reduce((sum, list) => sum + 2 * Math.max(...list, 1), 0);
        const waitsMs: number[] = [];
        const modest = (async () => {
          for (const pauseMs of pausesMs) {
            await taking(clock, pauseMs)();
            const askedAtMs = clock.now();
            await shares.run({ ...cpu, serving: 'modest' }, async () => {
              waitsMs.push(clock.now() - askedAtMs);
              await taking(clock, 1)();
            });
          }
        })();
        while (clock.nextAt !== undefined) await clock.advance(clock.nextAt - clock.now());
        await modest;
        expect(waitsMs).toHaveLength(pausesMs.length);
        expect(Math.max(...waitsMs)).toBeLessThanOrEqual(boundMs);
      }),
    );
  });

  it('runs all of it, of each serving in order, never too many at once, whatever fails', async () => {
    const run = fc.record({
      serving: fc.constantFrom('a', 'b', 'c'),
      afterMs: fc.integer({ min: 0, max: 50 }),
      costMs: fc.integer({ min: 0, max: 30 }),
      outcome: fc.constantFrom('done', 'rejects', 'throws'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        async (runs, concurrency) => {
          const clock = new ManualClock();
          const shares = new ComputeShares(clock);
          const begun: { serving: string; index: number }[] = [];
          const asked: { serving: string; index: number }[] = [];
          let running = 0;
          const outcomes = runs.map(async ({ serving, afterMs, costMs, outcome }, index) => {
            await taking(clock, afterMs)();
            asked.push({ serving, index });
            await shares.run({ resource: 'cpu', serving, concurrency }, () => {
              begun.push({ serving, index });
              if (outcome === 'throws') throw new Error('thrown');
              running++;
              expect(running).toBeLessThanOrEqual(concurrency);
              return taking(clock, costMs)().then(() => {
                running--;
                if (outcome === 'rejects') throw new Error('rejected');
              });
            });
          });
          const settled = Promise.allSettled(outcomes);
          while (clock.nextAt !== undefined) await clock.advance(clock.nextAt - clock.now());
          const kinds = (await settled).map((one) => (one.status === 'fulfilled' ? 'done' : String(one.reason)));
          const expected = { done: 'done', rejects: 'Error: rejected', throws: 'Error: thrown' };
          expect(kinds).toEqual(runs.map(({ outcome }) => expected[outcome]));
          for (const name of ['a', 'b', 'c']) {
            const of = (list: typeof asked): number[] => list.flatMap((e) => (e.serving === name ? [e.index] : []));
            expect(of(begun)).toEqual(of(asked));
          }
          expect(shares.report().every(({ waiting }) => waiting === 0)).toBe(true);
          // No place was lost to what failed.
          const after = Array.from({ length: concurrency }, heldWork);
          for (const { work } of after) void shares.run({ resource: 'cpu', serving: 'after', concurrency }, work);
          expect(after.every(({ begun: isBegun }) => isBegun())).toBe(true);
        },
      ),
    );
  });
});
