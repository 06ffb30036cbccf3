import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withFileLock } from './with-file-lock.js';

const script = (name: string): string => fileURLToPath(new URL(`child-processes/${name}`, import.meta.url));
const compiled = fileURLToPath(new URL('../../dist/locks/with-file-lock.js', import.meta.url));

let folder: string;
const children = new Set<ChildProcess>();
let ending = false;

beforeEach(async () => {
  ending = false;
  if (!existsSync(compiled)) throw new Error('The compiled code is missing: run "npm run build:ts" first.');
  folder = await mkdtemp(join(tmpdir(), 'hornet-lock-'));
});

afterEach(async () => {
  ending = true;
  const exits = [...children].map((child) => once(child, 'exit'));
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(exits);
  await rm(folder, { recursive: true, force: true });
});

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the child ended without a word');
}

it('takes the lock over at once when its holder was killed', async () => {
  const path = join(folder, 'blob.hornet-lock');
  const child = start(process.execPath, [script('hold-lock-forever.mjs'), path]);
  await firstLine(child);
  await expect(withFileLock(path, { timeoutMs: 0 }, async () => {})).rejects.toMatchObject({
    code: 'ERR_LOCK_TIMEOUT',
    message: expect.stringContaining(String(child.pid)),
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  await expect(withFileLock(path, { timeoutMs: 0 }, async () => 'mine')).resolves.toBe('mine');
  expect(await readdir(folder)).toEqual([]);
});

it.runIf(process.platform === 'linux')(
  'takes over from a zombie, which has a pid but does nothing any more',
  async () => {
    const path = join(folder, 'blob.hornet-lock');
    // The shell becomes `cat`, which never asks how its child ended.
    const parent = start('sh', [
      '-c',
      '"$0" "$1" "$2" & exec cat',
      process.execPath,
      script('hold-lock-forever.mjs'),
      path,
    ]);
    const pid = Number(await firstLine(parent));
    process.kill(pid, 'SIGKILL');
    await expect(withFileLock(path, { timeoutMs: 20_000 }, async () => 'mine')).resolves.toBe('mine');
    expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) Z /);
  },
);

/** Random, but bounded: there are some kills in every run, however the dice fall. */
const untilKill = (): number => Math.ceil(Math.random() * 24);

it('never lets two of eight processes in, and never stops, while holders and waiters are killed at random', async () => {
  const path = join(folder, 'counter.hornet-lock');
  const counter = join(folder, 'counter');
  await writeFile(counter, '0');
  const goal = 150;
  let additions = 0;
  let kills = 0;
  let linesToKill = untilKill();
  const violations: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const startOne = (): void => {
      const child = start(process.execPath, [script('count-under-lock.mjs'), path, folder]);
      if (child.stdout === null) throw new Error('no output');
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.startsWith('VIOLATION')) violations.push(line);
        if (line === 'out') additions++;
        if (additions >= goal) {
          resolve();
        } else if (kills < 40 && --linesToKill <= 0) {
          linesToKill = untilKill();
          // "in" hits a holder in the middle, "out" and other children hit those who wait.
          const victims = [...children];
          const victim = line === 'in' ? child : victims[Math.floor(Math.random() * victims.length)];
          if (victim?.kill('SIGKILL') === true) kills++;
        }
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        if (ending || additions >= goal) return;
        // Not after the goal: nobody would tell that one to leave.
        if (signal === 'SIGKILL') startOne();
        else if (code !== 0) reject(new Error(`a child ended with ${code}`));
      });
    };
    for (let index = 0; index < 8; index++) startOne();
  });
  const leaving = [...children].map(async (child) => {
    const exit = once(child, 'exit');
    child.stdin?.end();
    await exit;
  });
  await Promise.all(leaving);
  expect(violations).toEqual([]);
  const count = Number(await readFile(counter, 'utf8'));
  // A process killed between its addition and its word for it adds one that we did not hear of.
  expect(count).toBeGreaterThanOrEqual(goal);
  expect(count).toBeLessThanOrEqual(additions + kills);
  expect(kills).toBeGreaterThan(5);
  await withFileLock(path, { timeoutMs: 0 }, async () => {});
  // Only a name without a word in it, of a process killed before its first write, is kept for an hour.
  for (const name of await readdir(folder)) {
    if (name.includes('hornet-lock')) expect(await readFile(join(folder, name), 'utf8'), name).toBe('');
  }
});
