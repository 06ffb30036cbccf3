import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyPrune } from './apply-prune.js';
import { commit, nameOf, storeSnapshot } from './cache.fixture.js';
import { planPrune } from './plan-prune.js';
import { scanCache } from './scan-cache.js';
import { cacheDir, paths, useCache } from './use-cache.fixture.js';
import { type Contents, problemsOfVisible } from './visible-snapshots.fixture.js';

const script = fileURLToPath(new URL('child-processes/use-cache.mjs', import.meta.url));
const compiled = fileURLToPath(new URL('../../../dist/hub/cache/publish-snapshot.js', import.meta.url));

useCache();
const children = new Set<ChildProcess>();
let ending = false;

beforeEach(async () => {
  ending = false;
  if (!existsSync(compiled)) throw new Error('The compiled code is missing: run "npm run build:ts" first.');
});
afterEach(async () => {
  ending = true;
  const exits = [...children].map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(exits);
});

const commits: ReadonlyMap<string, Contents> = new Map([
  [commit('a'), { 'config.json': '{}', 'onnx/model.onnx': 'shared weights' }],
  [commit('b'), { 'config.json': '{"b":1}', 'onnx/model.onnx': 'shared weights', 'extra.bin': 'only b' }],
]);

/** Random, but bounded: there are some kills in every run, however the dice fall. */
const untilKill = (): number => Math.ceil(Math.random() * 20);

it('leaves every visible snapshot whole while two fetchers, a pruner and a verifier work and are killed', async () => {
  const named = [...commits].map(([at, contents]) => [
    at,
    Object.fromEntries(
      Object.entries(contents).map(([path, content]) => [path, { etag: nameOf(path, content), content }]),
    ),
  ]);
  const problems: string[] = [];
  const rounds = { fetch: 0, prune: 0, verify: 0 };
  const isEnough = (): boolean => rounds.fetch >= 60 && rounds.prune >= 15 && rounds.verify >= 15;
  let kills = 0;
  let linesToKill = untilKill();
  await new Promise<void>((resolve, reject) => {
    const start = (role: keyof typeof rounds): void => {
      const args = [script, role, cacheDir, JSON.stringify(named)];
      const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      children.add(child);
      createInterface({ input: child.stdout }).on('line', (line) => {
        rounds[role]++;
        if (line.startsWith('PROBLEM')) problems.push(line);
        problems.push(...problemsOfVisible(paths, commits));
        if (isEnough()) {
          resolve();
        } else if (kills < 12 && --linesToKill <= 0) {
          const victims = [...children];
          if (victims[Math.floor(Math.random() * victims.length)]?.kill('SIGKILL') === true) kills++;
          linesToKill = untilKill();
        }
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        children.delete(child);
        problems.push(...problemsOfVisible(paths, commits));
        if (ending || isEnough()) return;
        // Not after that: nobody would tell that one to leave.
        if (signal === 'SIGKILL') start(role);
        else if (code !== 0) reject(new Error(`the ${role} process ended with ${code}`));
      });
    };
    start('fetch');
    start('fetch');
    start('prune');
    start('verify');
  });
  await Promise.all(
    [...children].map(async (child) => {
      const exit = once(child, 'exit');
      child.stdin?.end();
      await exit;
    }),
  );
  expect(problems).toEqual([]);
  expect(kills).toBeGreaterThan(2);

  // Whatever the killed ones left goes with the next prune, and the cache takes a snapshot again.
  const now = Date.now() + 30 * 86_400_000;
  await applyPrune(await planPrune(cacheDir, { olderThanMs: 0, orphansOlderThanMs: 0, now }));
  expect(await scanCache(cacheDir)).toMatchObject({ repositories: [], bytes: 0, warnings: [] });
  await storeSnapshot(paths, commit('a'), commits.get(commit('a')) ?? {}, { revision: 'main' });
  expect(problemsOfVisible(paths, commits)).toEqual([]);
}, 120_000);
