import { existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { withFileLock } from '../../locks/with-file-lock.js';
import { applyPrune } from './apply-prune.js';
import { commit, nameOf, storeFile } from './cache.fixture.js';
import { blobLockPath, blobPath } from './cache-paths.js';
import { planPrune } from './plan-prune.js';
import { publishSnapshot, type SnapshotEntry } from './publish-snapshot.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { verifyCache } from './verify-cache.js';
import { type Contents, problemsOfVisible } from './visible-snapshots.fixture.js';

/** Called before every operation on the file system; the scheduler lets one go on after the other. */
const gate = vi.hoisted(() => ({ pass: async (): Promise<void> => {} }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  const gated: Record<string, unknown> = { ...original };
  for (const [name, operation] of Object.entries(original)) {
    if (typeof operation !== 'function') continue;
    gated[name] = async (...args: unknown[]): Promise<unknown> => {
      await gate.pass();
      return (operation as (...all: unknown[]) => Promise<unknown>)(...args);
    };
  }
  return gated;
});

const commits: ReadonlyMap<string, Contents> = new Map([
  [commit('a'), { 'config.json': '{}', 'onnx/model.onnx': 'shared weights' }],
  [commit('b'), { 'config.json': '{"b":1}', 'onnx/model.onnx': 'shared weights', 'extra.bin': 'only b' }],
]);

useCache();
afterEach(async () => {
  gate.pass = async () => {};
});

/** What a fetch does: each blob that is not there, then the snapshot; again for blobs that were pruned meanwhile. */
async function fetchRevision(at: string, revision: string): Promise<void> {
  for (;;) {
    const files: SnapshotEntry[] = [];
    for (const [path, content] of Object.entries(commits.get(at) ?? {})) {
      const etag = nameOf(path, content);
      if (!existsSync(blobPath(paths, etag))) {
        // The folder of the partial may be pruned at any moment: another try, as after any failed download.
        await withFileLock(blobLockPath(paths, etag), {}, () => storeFile(paths, path, content)).catch(() => {});
      }
      files.push({ path, etag, bytes: content.length });
    }
    if ((await publishSnapshot(paths, { commit: at, files, revision })).published) return;
  }
}

/** More eager than any real one: everything is too old, orphans at once. */
async function pruneEagerly(): Promise<void> {
  const now = Date.now() + 1_000_000;
  await applyPrune(await planPrune(cacheDir, { olderThanMs: 0, orphansOlderThanMs: 0, now }));
}

async function repeat(times: number, action: () => Promise<void>): Promise<void> {
  for (let round = 0; round < times; round++) await action();
}

it('leaves every visible snapshot whole, however two fetchers, a verifier and a pruner interleave', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const problems = new Set<string>();
      gate.pass = async () => {
        await scheduler.schedule(Promise.resolve());
        for (const problem of problemsOfVisible(paths, commits)) problems.add(problem);
      };
      const verify = async (): Promise<void> => {
        const { damaged } = await verifyCache(cacheDir);
        for (const { path } of damaged) problems.add(`${path} is called damaged`);
      };
      const actors = Promise.all([
        repeat(2, () => fetchRevision(commit('a'), 'main').then(() => fetchRevision(commit('b'), 'main'))),
        repeat(3, () => fetchRevision(commit('b'), 'v2')),
        repeat(5, pruneEagerly),
        repeat(2, verify),
      ]);
      let running = true;
      void actors.finally(() => {
        running = false;
      });
      // Real input and output takes turns of the event loop in which the scheduler has nothing to let go.
      while (running) {
        if (scheduler.count() > 0) await scheduler.waitOne();
        else await turn();
      }
      await actors;
      gate.pass = async () => {};
      expect([...problems]).toEqual([]);
      expect(problemsOfVisible(paths, commits)).toEqual([]);
      const { repositories, warnings } = await scanCache(cacheDir);
      expect(warnings).toEqual([]);
      expect(repositories.flatMap(({ leftovers, partials }) => [...leftovers, ...partials])).toEqual([]);
    }),
    { numRuns: 25 },
  );
}, 120_000);
