import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchCandidates, cpuCandidates } from './cpu-candidates.js';

const any = { threads: 0, workers: 0, maxBatch: 4 };

describe('cpuCandidates', () => {
  it.each([
    [any, 1, ['1x1']],
    [any, 2, ['2x1', '1x2']],
    [any, 4, ['4x1', '2x2', '1x4']],
    [any, 6, ['6x1', '3x2', '2x3', '1x6']],
    [any, 16, ['16x1', '8x2', '4x4', '2x8', '1x16']],
    [any, 64, ['64x1', '32x2', '16x4', '8x8', '4x16', '2x32', '1x64']],
    // What is asked for is kept to.
    [{ ...any, threads: 2 }, 16, ['2x1', '2x2', '2x4', '2x8']],
    [{ ...any, workers: 2 }, 16, ['8x2', '4x2', '2x2', '1x2']],
    [{ ...any, threads: 3, workers: 5 }, 4, ['3x5']],
    [{ ...any, threads: 8 }, 4, ['8x1']],
  ])('of %j on %i processors are %j (threads x workers)', (request, processors, expected) => {
    const names = cpuCandidates({ ...request, processors }).map(({ threads, workers }) => `${threads}x${workers}`);
    expect(names).toEqual(expected);
  });

  it('never need more processors than there are, and begin with all of them for one image', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 512 }), (processors) => {
        const candidates = cpuCandidates({ ...any, processors });
        expect(candidates[0]).toEqual({ threads: processors, workers: 1 });
        expect(candidates.at(-1)).toEqual({ threads: 1, workers: processors });
        for (const { threads, workers } of candidates) expect(threads * workers).toBeLessThanOrEqual(processors);
      }),
    );
  });
});

describe('batchCandidates', () => {
  it.each([
    [1, 1, [1]],
    [4, 1, [1, 2, 4]],
    [6, 1, [1, 2, 3, 6]],
    [32, 1, [1, 2, 4, 8]],
    [8, 4, [4, 8]],
    // Never more than the graph can do without.
    [16, 16, [16]],
    [4, 16, [16]],
  ])('of at most %i images in steps of %i are %j', (maxBatch, step, expected) => {
    expect(batchCandidates(maxBatch, step)).toEqual(expected);
  });
});
