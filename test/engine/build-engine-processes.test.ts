import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { hornetEntry } from '../e2e/run-hornet.js';
import { stopWhileBuilding } from '../long/stop-while-building.mjs';
import { describeWithRtx } from './describe-with-rtx.js';
import { leftovers, wholeEngines } from './engine-folder.mjs';

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
    const result = await stopWhileBuilding({ home, model: ['digits'], signal: 'SIGKILL', rounds: 10 });
    expect(result.wrong).toEqual([]);
    expect(result.finishedEarly).toBeLessThan(10);
    expect(result.final.exitCode).toBe(0);
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
