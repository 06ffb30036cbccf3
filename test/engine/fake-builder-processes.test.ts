import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { leftovers, wholeEngines } from './engine-folder.js';

const script = fileURLToPath(new URL('child-processes/build-with-fake.mjs', import.meta.url));
const model = join(packageRoot, 'models/digits');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-fake-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A process that builds with a FAKE of the native part. */
function start(stepMs: number): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  const child = spawn(process.execPath, [script, home, model, String(stepMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return child;
}

it('builds once for processes that want the same engine at the same time (fake builder)', async () => {
  const outputs = await Promise.all([1, 2, 3].map(() => text(start(100).stdout)));
  expect(outputs.sort()).toEqual(['building\nbuilt\n', 'fresh\n', 'fresh\n']);
  expect(wholeEngines(home)).toHaveLength(1);
  expect(leftovers(home)).toEqual([]);
});

it('takes over from a builder that was killed, and removes what it left (fake builder)', async () => {
  const first = start(60_000);
  await once(first.stdout, 'data');
  const second = start(10);
  const output = text(second.stdout);
  // Long enough for it to meet the lock.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  first.kill('SIGKILL');
  expect(await output).toBe('building\nbuilt\n');
  expect(wholeEngines(home)).toHaveLength(1);
  expect(leftovers(home)).toEqual([]);
});
