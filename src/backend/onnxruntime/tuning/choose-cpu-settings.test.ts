import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCpuSettings } from './choose-cpu-settings.js';
import type { CpuMeasurement } from './cpu-measurement.js';

type Row = readonly [threads: number, workers: number, batch: number, latencyMs: number, imagesPerSecond: number];

const measured = ([threads, workers, batch, latencyMs, imagesPerSecond]: Row): CpuMeasurement => ({
  ...{ threads, workers, batch, latencyMs, imagesPerSecond },
});

/** Several threads are taken to lose 6 % to what else a server does. */
const rateOf = ({ threads, imagesPerSecond }: CpuMeasurement): number => imagesPerSecond * (threads === 1 ? 1 : 0.94);

const measurements: fc.Arbitrary<readonly CpuMeasurement[]> = fc.uniqueArray(
  fc.record({
    threads: fc.integer({ min: 1, max: 64 }),
    workers: fc.integer({ min: 1, max: 64 }),
    batch: fc.constantFrom(1, 2, 4, 8),
    latencyMs: fc.double({ min: 0.01, max: 100, noNaN: true }),
    imagesPerSecond: fc.double({ min: 1, max: 1e5, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30, selector: ({ threads, workers, batch }) => `${threads} ${workers} ${batch}` },
);

describe('chooseCpuSettings', () => {
  it.each<[string, Row[], Row[0], Row[1], Row[2], number]>([
    [
      '2 processors and a large model: a worker each, and all threads for what comes alone, which would wait else',
      [
        [2, 1, 1, 17, 60],
        [2, 1, 4, 17, 65],
        [1, 2, 1, 29, 69],
        [1, 2, 4, 29, 72],
      ],
      ...([1, 2, 4, 2] as const),
    ],
    [
      '2 processors and a small model: a worker each',
      [
        [2, 1, 1, 1.3, 800],
        [1, 2, 1, 2, 1000],
      ],
      ...([1, 2, 1, 0] as const),
    ],
    [
      '2 processors where neither workers nor batches gain anything: as few of them as there can be',
      [
        [2, 1, 1, 17, 64],
        [2, 1, 2, 17, 63.8],
        [2, 1, 4, 17, 65],
        [1, 2, 1, 29, 60],
      ],
      ...([2, 1, 1, 0] as const),
    ],
    [
      '4 processors: no further worker for less than 3 %',
      [
        [4, 1, 1, 5, 200],
        [2, 2, 1, 5.4, 205],
        [1, 4, 1, 6, 193],
      ],
      ...([4, 1, 1, 0] as const),
    ],
    [
      '16 processors: many workers, and all threads for what comes alone',
      [
        [16, 1, 4, 4, 300],
        [8, 2, 4, 4.3, 500],
        [4, 4, 4, 5.3, 700],
        [2, 8, 4, 9, 900],
      ],
      ...([2, 8, 4, 16] as const),
    ],
    [
      '64 processors and a tiny model, which more threads only slow down: the larger batch where it gains',
      [
        [64, 1, 1, 3, 300],
        [8, 8, 1, 0.6, 9000],
        [1, 64, 1, 0.4, 100_000],
        [1, 64, 4, 0.4, 110_000],
        [1, 64, 8, 0.4, 112_000],
      ],
      ...([1, 64, 4, 0] as const),
    ],
  ])('of %s', (_, rows, threads, workers, batch, loneThreads) => {
    expect(chooseCpuSettings(rows.map(measured))).toEqual({ threads, workers, batch, loneThreads });
  });

  it('chooses nothing where nothing was measured', () => {
    expect(chooseCpuSettings([])).toBeUndefined();
  });

  it('keeps the latency of what comes alone near the best one, and gives away no more than 3 % for less memory', () => {
    fc.assert(
      fc.property(measurements, (list) => {
        const settings = chooseCpuSettings(list);
        const chosen = list.find(
          ({ threads, workers, batch }) =>
            threads === settings?.threads && workers === settings.workers && batch === settings.batch,
        );
        if (settings === undefined || chosen === undefined) throw new Error('It was not measured.');
        const leastMs = Math.min(...list.map(({ latencyMs }) => latencyMs));
        if (settings.loneThreads === 0) expect(chosen.latencyMs).toBeLessThanOrEqual(leastMs * 1.1 + 1);
        else
          expect(list).toContainEqual(expect.objectContaining({ threads: settings.loneThreads, latencyMs: leastMs }));
        for (const other of list) {
          expect(rateOf(other)).toBeLessThanOrEqual(1.03 * rateOf(chosen) * (1 + 1e-9));
          const isLess =
            other.workers < chosen.workers || (other.workers === chosen.workers && other.batch < chosen.batch);
          // It would have been chosen, had it done as well.
          if (isLess) expect(rateOf(other)).toBeLessThan(rateOf(chosen));
        }
      }),
    );
  });

  it('chooses the same in whatever order they were measured', () => {
    fc.assert(
      fc.property(measurements, (list) => {
        expect(chooseCpuSettings([...list].reverse())).toEqual(chooseCpuSettings(list));
      }),
    );
  });
});
