import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { applyPrune } from './apply-prune.js';
import { commit, storeSnapshot } from './cache.fixture.js';
import { findSnapshot } from './find-snapshot.js';
import { planPrune } from './plan-prune.js';
import { removeRepository, removeRevision } from './remove-from-cache.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { problemsOfVisible } from './visible-snapshots.fixture.js';

/** How many more changes the file system takes before the process is, so to say, killed. */
const power = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const dying =
    <A extends unknown[], R>(change: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (power.left-- <= 0) throw Object.assign(new Error('killed'), { code: 'KILLED' });
      return change(...args);
    };
  const { rename, symlink, unlink, rm, mkdir, link } = original;
  return {
    ...original,
    rename: dying(rename),
    symlink: dying(symlink),
    unlink: dying(unlink),
    rm: dying(rm),
    mkdir: dying(mkdir),
    link: dying(link),
  };
});

useCache();
beforeEach(async () => {
  power.left = Number.POSITIVE_INFINITY;
});
afterEach(async () => {
  power.left = Number.POSITIVE_INFINITY;
});

const commits = new Map([
  [commit('a'), { 'config.json': '{}', 'onnx/model.onnx': 'weights' }],
  [commit('b'), { 'config.json': '{"b":1}', 'onnx/model.onnx': 'weights' }],
]);

async function store(at: string, revision?: string): Promise<void> {
  await storeSnapshot(paths, at, commits.get(at) ?? {}, { revision });
}

/**
 * Runs `action` with a crash at its first, second, third, ... change until it comes through; after each
 * crash what is visible must be whole.
 */
async function crashEverywhere(prepare: () => Promise<void>, action: () => Promise<unknown>): Promise<number> {
  for (let changes = 0; ; changes++) {
    power.left = Number.POSITIVE_INFINITY;
    await prepare();
    power.left = changes;
    const through = await action().then(
      () => power.left >= 0,
      () => false,
    );
    power.left = Number.POSITIVE_INFINITY;
    expect(problemsOfVisible(paths, commits), `after ${changes} changes`).toEqual([]);
    expect((await scanCache(cacheDir)).warnings, `after ${changes} changes`).toEqual([]);
    if (through) return changes;
    // The killed process was this one, which lives: its lock would never be taken over.
    rmSync(join(cacheDir, '.locks'), { recursive: true, force: true });
    await action().catch(() => {});
    expect(problemsOfVisible(paths, commits), `finished after ${changes} changes`).toEqual([]);
  }
}

it('publishing: a snapshot appears whole or not at all, and its ref after it', async () => {
  const prepare = async (): Promise<void> => rmSync(paths.folder, { recursive: true, force: true });
  const steps = await crashEverywhere(prepare, () => store(commit('a'), 'main'));
  expect(steps).toBeGreaterThan(10);
  expect(await findSnapshot({ cacheDir, repository: 'org/name' })).toMatchObject({ found: true });
});

it('publishing a moved branch: the ref is at the old snapshot or at the new one', async () => {
  const prepare = async (): Promise<void> => {
    rmSync(paths.folder, { recursive: true, force: true });
    await store(commit('a'), 'main');
  };
  await crashEverywhere(prepare, () => store(commit('b'), 'main'));
});

it('removing a revision: its snapshot is whole or gone, and the other one is untouched', async () => {
  const prepare = async (): Promise<void> => {
    await store(commit('a'), 'v1');
    await store(commit('b'), 'main');
  };
  const steps = await crashEverywhere(prepare, () => removeRevision(paths, commit('b')));
  expect(steps).toBeGreaterThan(5);
  expect(await findSnapshot({ cacheDir, repository: 'org/name', revision: 'v1' })).toMatchObject({ found: true });
});

it('removing a repository: all of it is there or nothing', async () => {
  const prepare = async (): Promise<void> => {
    await store(commit('a'), 'v1');
    await store(commit('b'), 'main');
  };
  await crashEverywhere(prepare, () => removeRepository(paths));
});

it('pruning: a crash leaves whole snapshots, and the next prune takes what the first one left', async () => {
  const prepare = async (): Promise<void> => {
    await store(commit('a'), 'v1');
    await store(commit('b'), 'main');
  };
  const later = { olderThanMs: 0, now: Date.now() + 30 * 86_400_000 };
  await crashEverywhere(prepare, async () => applyPrune(await planPrune(cacheDir, later)));
  expect(await scanCache(cacheDir)).toMatchObject({ repositories: [], bytes: 0 });
});
