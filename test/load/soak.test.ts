import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMet, noteSkip } from '../skips/note-skip.js';
import { type SoakResult, type SoakSample, soak } from './soak.mjs';

const hasProc = isMet(existsSync('/proc/self/smaps_rollup'), 'a soak', 'it reads memory and descriptors from /proc');
/** What load adds to a server that has done nothing yet: code, pools, heap, fragments. Whether it grows, hours tell. */
const mostMoreBytes = 256 * 2 ** 20;

// scripts/verify-long soak takes forty minutes, knows more faults, and also judges how memory goes.
describe.runIf(hasProc)('hornet serve under mixed load, while models are exchanged and things fail', () => {
  let result: SoakResult;
  let first: SoakSample;
  let last: SoakSample;
  beforeAll(async () => {
    result = await soak({ durationMs: 0, cycleMs: 5000, brief: true });
    [first, last] = result.samples as [SoakSample, SoakSample];
    if (result.noVolume !== null) noteSkip('a full volume under load', result.noVolume);
  }, 300_000);

  it('answers every request exactly once and with what fits it, and tells nothing unexpected in its log', () => {
    expect(result.problems).toEqual([]);
    for (const key of ['200', '400', '404', '408', '413', '415', '422', '429', 'left']) {
      expect(result.counts[key], key).toBeGreaterThan(0);
    }
  });

  it('does everything that it is told to meanwhile', () => {
    expect(Object.keys(result.operations)).toHaveLength(result.noVolume === null ? 11 : 10);
    expect(new Set(Object.values(result.operations))).toEqual(new Set([1]));
  });

  it('has the descriptors and the threads that it had before, and no child processes', () => {
    expect(last.descriptors).toEqual(first.descriptors);
    // Those of libvips end when they have had nothing to do for a while.
    const { 'libvips worker': _, ...threads } = last.threads;
    expect(threads).toEqual(first.threads);
    expect(last.children).toBe(0);
  });

  it('stays within its memory', () => {
    expect(last.residentBytes - first.residentBytes).toBeLessThan(mostMoreBytes);
  });

  it('leaves nothing on the volume that belongs to what is over, and ends in order', () => {
    expect(result.leftovers).toEqual([]);
    expect(last.volumeBytes).toBeLessThan(1.1 * first.volumeBytes);
    expect(result.exitCode).toBe(0);
  });
});
