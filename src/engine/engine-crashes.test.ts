import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EngineRequest } from './engine-request.js';
import { makeTestVolume, type TestVolume } from './engine-request.test-support.js';
import { ensureEngine } from './ensure-engine.js';

/** How many more changes the file system takes before the process is, so to say, killed. */
const power = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const { dyingFileSystem } = await import('./dying-file-system.test-support.js');
  return dyingFileSystem(await importOriginal<typeof import('node:fs/promises')>(), power);
});

let volume: TestVolume;
beforeEach(() => {
  power.left = Number.POSITIVE_INFINITY;
  volume = makeTestVolume();
});
afterEach(() => {
  power.left = Number.POSITIVE_INFINITY;
  volume.remove();
});

/** Folders of engines that count as such, after a look at whether each is whole. */
function visibleEngines(home: string): string[] {
  const root = join(home, 'engines');
  if (!existsSync(root)) return [];
  const folders = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('/engine.json'),
  );
  return folders.map((name) => {
    const record = JSON.parse(readFileSync(join(root, name), 'utf8')) as { plan: { file: string; sha256: string } };
    const plan = readFileSync(join(root, name, '..', record.plan.file));
    expect(createHash('sha256').update(plan).digest('hex'), name).toBe(record.plan.sha256);
    return name;
  });
}

/** Runs the request with a crash at its first, second, third, ... change, until it comes through. */
async function crashEverywhere(prepare: () => Promise<void>, wanted: EngineRequest): Promise<number> {
  for (let changes = 0; ; changes++) {
    rmSync(volume.home, { recursive: true, force: true });
    power.left = Number.POSITIVE_INFINITY;
    await prepare();
    const before = visibleEngines(volume.home).length;
    power.left = changes;
    await ensureEngine(wanted).catch(() => {});
    const through = power.left >= 0;
    power.left = Number.POSITIVE_INFINITY;
    // The old one stays until the new one is there.
    expect(visibleEngines(volume.home).length, `after ${changes} changes`).toBeGreaterThanOrEqual(before);
    if (through) return changes;
    // The killed process was this one, which lives: its locks would never be taken over.
    for (const name of readdirSync(volume.home, { recursive: true, encoding: 'utf8' })) {
      if (name.endsWith('.lock')) rmSync(join(volume.home, name), { force: true });
    }
    const { engine } = await ensureEngine(wanted);
    expect(visibleEngines(volume.home), `finished after ${changes} changes`).toHaveLength(1);
    expect(readdirSync(engine.folder).sort(), `after ${changes} changes`).toEqual(
      [engine.record.plan.file, 'engine.json'].sort(),
    );
  }
}

it('building: an engine appears whole or not at all, and the next run completes (fake builder)', async () => {
  const steps = await crashEverywhere(async () => {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(volume.home);
  }, volume.request());
  expect(steps).toBeGreaterThan(10);
});

it('building in the place of a stale engine: it stays until the new one is in place (fake builder)', async () => {
  await crashEverywhere(
    async () => {
      await ensureEngine(volume.request());
    },
    volume.request({ maxBatch: 8 }),
  );
});

it('building again by force: the old plan stays until the new record is there (fake builder)', async () => {
  await crashEverywhere(
    async () => {
      await ensureEngine(volume.request());
    },
    volume.request({ force: true }),
  );
});
