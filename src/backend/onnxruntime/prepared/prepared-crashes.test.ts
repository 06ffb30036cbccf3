import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ensurePrepared } from './ensure-prepared.js';
import type { PrepareRequest } from './prepare-request.js';
import { makePreparedVolume, type PreparedVolume } from './prepared-volume.test-support.js';

const power = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const { dyingFileSystem } = await import('../../../engine/dying-file-system.test-support.js');
  return dyingFileSystem(await importOriginal<typeof import('node:fs/promises')>(), power);
});

let volume: PreparedVolume;
beforeEach(() => {
  power.left = Number.POSITIVE_INFINITY;
  volume = makePreparedVolume();
});
afterEach(() => {
  power.left = Number.POSITIVE_INFINITY;
  volume.remove();
});

/** Runs the request with a crash at its first, second, third, ... change, until it comes through. */
async function crashEverywhere(prepare: () => Promise<void>, changes: Partial<PrepareRequest>): Promise<number> {
  const wanted = await volume.request(changes);
  for (let steps = 0; ; steps++) {
    rmSync(volume.home, { recursive: true, force: true });
    power.left = Number.POSITIVE_INFINITY;
    await prepare();
    const before = volume.records().length;
    power.left = steps;
    await ensurePrepared(wanted).catch(() => {});
    const through = power.left >= 0;
    power.left = Number.POSITIVE_INFINITY;
    expect(volume.records().length, `after ${steps} changes`).toBeGreaterThanOrEqual(before);
    if (through) return steps;
    // The killed process was this one, which lives: its locks would never be taken over.
    for (const name of existsSync(volume.home) ? readdirSync(volume.home, { recursive: true, encoding: 'utf8' }) : []) {
      if (name.endsWith('.lock')) rmSync(join(volume.home, name), { force: true });
    }
    const { prepared } = await ensurePrepared(wanted);
    expect(volume.records(), `finished after ${steps} changes`).toHaveLength(1);
    const { graph, data } = prepared.record;
    const names = [graph.file, data.file, 'prepared.json'].sort();
    expect(readdirSync(join(prepared.graphPath, '..')).sort(), `after ${steps} changes`).toEqual(names);
  }
}

it('a prepared model appears whole or not at all, and the next run completes (fake jobs)', async () => {
  expect(await crashEverywhere(async () => {}, {})).toBeGreaterThan(10);
});

it('the one before stays until the new one is in place (fake jobs)', async () => {
  const first = async (): Promise<void> => void (await ensurePrepared(await volume.request()));
  await crashEverywhere(first, { again: 'it was asked for' });
});
