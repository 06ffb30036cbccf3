import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';

const script = fileURLToPath(new URL('child-processes/prepare-model.mjs', import.meta.url));
const model = join(packageRoot, 'models/digits');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-prepared-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function start(): ChildProcess & { readonly stdout: NonNullable<ChildProcess['stdout']> } {
  return spawn(process.execPath, [script, home, model], { stdio: ['ignore', 'pipe', 'inherit'] }) as ReturnType<
    typeof start
  >;
}

interface Prepared {
  readonly graph: { readonly file: string; readonly sha256: string };
  readonly data: { readonly file: string; readonly sha256: string };
}

/** How many prepared models there are, after a look at whether each is whole. */
function wholeOnes(): number {
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('prepared.json'),
  );
  for (const name of names) {
    const { graph, data } = JSON.parse(readFileSync(join(home, name), 'utf8')) as Prepared;
    for (const { file, sha256 } of [graph, data]) {
      const bytes = readFileSync(join(home, name, '..', file));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
  }
  return names.length;
}

const files = (): string[] =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name.replace(/^model-[0-9a-f]{12}/, 'model'))
    .sort();

it('prepares once for processes that want the same model at the same time', async () => {
  const outputs = await Promise.all([1, 2, 3].map(() => text(start().stdout)));
  const outcomes = outputs.map((output) => output.trim().split('\n').at(-1));
  expect(outcomes.sort()).toEqual(['fresh', 'fresh', 'prepared']);
  expect(wholeOnes()).toBe(1);
  expect(files()).toEqual(['model.data', 'model.onnx', 'prepared.json']);
});

it('is killed at any moment, and leaves nothing or all; the next one completes', async () => {
  const startMs = performance.now();
  expect(await text(start().stdout)).toMatch(/prepared\n$/);
  const wholeMs = performance.now() - startMs;
  const rounds = 8;
  for (let round = 0; round < rounds; round++) {
    rmSync(join(home, 'prepared'), { recursive: true });
    const killed = start();
    const exited = once(killed, 'exit');
    await Promise.race([delay(((round + 1) / rounds) * wholeMs), exited]);
    killed.kill('SIGKILL');
    await exited;
    expect(wholeOnes()).toBeLessThanOrEqual(1);
    expect(await text(start().stdout)).toMatch(/(prepared|fresh)\n$/);
    expect(wholeOnes()).toBe(1);
    expect(files()).toEqual(['model.data', 'model.onnx', 'prepared.json']);
  }
});
