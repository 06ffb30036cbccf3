import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { leftovers, wholeEngines } from './engine-folder.mjs';

const script = fileURLToPath(new URL('child-processes/build-with-fake.mjs', import.meta.url));
const model = join(packageRoot, 'models/digits');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-fake-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** A process that builds with a FAKE of the native part. */
function start(
  stepMs: number,
  options: { readonly maxBatch?: number; readonly held?: boolean; readonly gpu?: string } = {},
): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  return spawn(process.execPath, [script, home, model, JSON.stringify({ stepMs, ...options })], {
    stdio: [options.held === true ? 'pipe' : 'ignore', 'pipe', 'inherit'],
  }) as ReturnType<typeof start>;
}

it('builds once for processes that want the same engine at the same time (fake builder)', async () => {
  const outputs = await Promise.all([1, 2, 3].map(() => text(start(100).stdout)));
  // Whether the others had to wait depends on when they started.
  const said = outputs.map((output) => output.replace('waiting\n', ''));
  expect(said.sort()).toEqual(['building\nthrough\nbuilt\n', 'fresh\n', 'fresh\n']);
  expect(wholeEngines(home)).toHaveLength(1);
  expect(leftovers(home)).toEqual([]);
});

it('takes over from a builder that was killed, and removes what it left (fake builder)', async () => {
  const first = start(60_000);
  await once(first.stdout, 'data');
  const second = start(10);
  const lines = createInterface({ input: second.stdout })[Symbol.asyncIterator]();
  expect(await lines.next()).toMatchObject({ value: 'waiting' });
  first.kill('SIGKILL');
  expect(await lines.next()).toMatchObject({ value: 'building' });
  expect(await lines.next()).toMatchObject({ value: 'through' });
  expect(await lines.next()).toMatchObject({ value: 'built' });
  expect(wholeEngines(home)).toHaveLength(1);
  expect(leftovers(home)).toEqual([]);
});

it('builds on a GPU for one process at a time, whatever the engine (fake builder)', async () => {
  const order: string[] = [];
  const note = (who: string, { stdout }: ReturnType<typeof start>): Promise<void> =>
    new Promise((resolve) => {
      createInterface({ input: stdout })
        .on('line', (line) => {
          order.push(`${who} ${line}`);
          // Until then the first one builds.
          if (line === 'waiting') first.stdin?.end();
        })
        .once('close', resolve);
    });
  const first = start(10, { gpu: 'GPU-1', maxBatch: 4, held: true });
  const firstEnds = note('first', first);
  await once(first.stdout, 'data');
  await Promise.all([firstEnds, note('second', start(10, { gpu: 'GPU-1', maxBatch: 8 }))]);
  expect(order).toContain('second waiting');
  expect(order.indexOf('second building')).toBeGreaterThan(order.indexOf('first through'));
  expect(wholeEngines(home)).toHaveLength(2);
  expect(leftovers(home)).toEqual([]);
});

it('builds on another GPU meanwhile, and on one whose builder was killed (fake builder)', async () => {
  const first = start(60_000, { gpu: 'GPU-1' });
  await once(first.stdout, 'data');
  expect(await text(start(10, { gpu: 'GPU-2', maxBatch: 8 }).stdout)).toMatch(/built\n$/);
  const third = text(start(10, { gpu: 'GPU-1', maxBatch: 16 }).stdout);
  first.kill('SIGKILL');
  expect(await third).toMatch(/built\n$/);
  expect(wholeEngines(home)).toHaveLength(2);
});
