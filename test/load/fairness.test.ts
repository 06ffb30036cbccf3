import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shareFairly } from './fairness.mjs';
import { makeModel } from './make-model.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-fairness-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// scripts/verify-long serving-fairness measures the shares.
it('lets neither of two servings starve whose images cost very different amounts', async () => {
  const model = makeModel(join(folder, 'resnet-50'), 'resnet-50');
  const { cheap, costly, waiting, exitCode } = await shareFairly({ model, durationMs: 8000, connections: 8 });
  for (const { together } of [cheap, costly]) {
    expect(together.statuses).toEqual({ 200: together.requests });
    expect(together.wrong).toBe(0);
  }
  // The costly one always has more to run, so it gets its half; the cheap one waits for one of its runs at most, whose
  // turn a busy machine may make it miss now and then.
  expect(costly.busyMs / (cheap.busyMs + costly.busyMs)).toBeGreaterThan(0.25);
  expect(cheap.runs).toBeGreaterThan(costly.runs / 3);
  expect([waiting, exitCode]).toEqual([0, 0]);
});
