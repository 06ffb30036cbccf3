import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMet } from '../skips/note-skip.js';
import { makeModel } from './make-model.mjs';
import { type OverloadResult, overload } from './overload.mjs';

const hasProc = isMet(existsSync('/proc/self/clear_refs'), 'overload', 'it reads memory and processor time from /proc');
const maxQueue = 32;
const timeoutMs = 60_000;
/** Beside what the idle server has: bodies of a full queue, decoded pictures of all batches, heap and fragments. */
const mostMoreBytes = 192 * 2 ** 20;

// scripts/verify-long serving-overload takes five minutes, and also holds the rate against the clock.
describe.runIf(hasProc)('hornet serve, sent ten times of what it can answer', () => {
  let folder: string;
  let result: OverloadResult;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-overload-'));
    const model = makeModel(join(folder, 'resnet-50'), 'resnet-50');
    result = await overload({
      model,
      rounds: 2,
      peakMs: 2500,
      overloadMs: 8_000,
      factor: 10,
      largeOneIn: 10,
      maxQueue,
      timeoutMs,
    });
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives every request exactly one whole answer: labels, a refusal, or that it is late', () => {
    for (const { busy, wrong } of result.rounds) {
      expect(wrong).toEqual([]);
      expect(busy.load.statuses[429]).toBeGreaterThan(busy.load.statuses[200] ?? 0);
    }
  });

  it('answers what it accepts before the deadline', () => {
    for (const { busy } of result.rounds) expect(busy.load.latency['200']?.p99Ms).toBeLessThan(timeoutMs);
  });

  it('spends its time on what it accepts, not on refusing', () => {
    // Processor time and not the clock: other processes, the generator among them, take theirs from the same cores, and
    // by doing so make it up to half as much again.
    const ratios = result.rounds.map(({ peak, busy }) => busy.cpuMsPerImage / peak.cpuMsPerImage);
    expect(Math.min(...ratios)).toBeLessThan(2);
  });

  it('stays within its memory', () => {
    const { before, peakBytes, after } = result.memory;
    expect(peakBytes - before).toBeLessThan(mostMoreBytes);
    expect(after - before).toBeLessThan(0.75 * mostMoreBytes);
  });

  it('has every place of its queue free afterwards, has counted what its clients have, and ends in order', () => {
    expect(result.refill.statuses).toEqual({ 200: maxQueue });
    expect(result.counted).toEqual({ wrong: [], queue: 0 });
    expect(result.exitCode).toBe(0);
  });
});
