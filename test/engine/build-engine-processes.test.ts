import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { hornetEntry } from '../e2e/run-hornet.js';
import { describeWithRtx } from './describe-with-rtx.js';
import { leftovers, wholeEngines } from './engine-folder.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-rtx-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function start(...args: string[]): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  return spawn(
    process.execPath,
    [hornetEntry, 'build-engine', '--json', '--home', home, '--target', 'sm86,sm89', ...args, 'digits'],
    {
      cwd: packageRoot,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  ) as ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> };
}

/** Runs it to its end. */
async function finish(...args: string[]): Promise<{ exitCode: number; outcome: string }> {
  const child = start(...args);
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { exitCode: exitCode as number, outcome: (JSON.parse(output) as [{ outcome: string }])[0].outcome };
}

describeWithRtx("processes that build with NVIDIA's TensorRT-RTX builder", () => {
  it('never leave half an engine when they are killed at random moments, and the next run completes', async () => {
    // How long a run takes here, so that the kills fall into it.
    const startedAt = performance.now();
    expect(await finish()).toMatchObject({ exitCode: 0, outcome: 'built' });
    const wholeMs = performance.now() - startedAt;
    let killed = 0;
    for (let round = 0; round < 10; round++) {
      // There is one to keep in every second round.
      if (round % 2 === 0) rmSync(join(home, 'engines'), { recursive: true, force: true });
      const before = wholeEngines(home).length;
      const child = start('--force');
      const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
      const timer = setTimeout(() => child.kill('SIGKILL'), (0.3 + 0.7 * Math.random()) * wholeMs);
      const [, signal] = await exit;
      clearTimeout(timer);
      if (signal === 'SIGKILL') killed++;
      expect(wholeEngines(home).length, `round ${round}`).toBeGreaterThanOrEqual(before);
    }
    expect(killed).toBeGreaterThan(0);
    expect(await finish()).toMatchObject({ exitCode: 0 });
    expect(wholeEngines(home)).toHaveLength(1);
    expect(leftovers(home)).toEqual([]);
    const [folder] = readdirSync(join(home, 'engines/digits'));
    expect(readdirSync(join(home, 'engines/digits', folder ?? ''))).toHaveLength(2);
  }, 240_000);

  it('build once when two want the same engine at once', async () => {
    const results = await Promise.all([finish(), finish()]);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['built', 'fresh']);
    expect(wholeEngines(home)).toHaveLength(1);
    expect(leftovers(home)).toEqual([]);
  });

  it('stop at Ctrl-C with exit code 1 and leave nothing', async () => {
    const child = start();
    const output = text(child.stdout);
    const exit = once(child, 'exit');
    child.stderr?.setEncoding('utf8').on('data', (line: string) => {
      if (line.includes('preparing')) child.kill('SIGINT');
    });
    expect(await exit).toEqual([1, null]);
    expect(JSON.parse(await output)).toMatchObject({ code: 'ERR_CANCELLED' });
    expect(wholeEngines(home)).toEqual([]);
    expect(leftovers(home)).toEqual([]);
  });

  it('cancel a build that runs in TensorRT', async () => {
    const child = start();
    const exit = once(child, 'exit');
    child.stderr?.setEncoding('utf8').on('data', (line: string) => {
      if (line.includes('building')) child.kill('SIGTERM');
    });
    expect(await exit).toEqual([1, null]);
    expect(wholeEngines(home)).toEqual([]);
    expect(leftovers(home)).toEqual([]);
  });
});
