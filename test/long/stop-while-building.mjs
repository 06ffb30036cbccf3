import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { leftovers, wholeEngines } from '../engine/engine-folder.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = join(root, 'dist/cli/main.cjs');

/** @type {import('./stop-while-building.d.mts').stopWhileBuilding} */
export async function stopWhileBuilding({ home, model, signal, rounds, onRound = () => {} }) {
  /** @type {Record<string, number>} */
  const stopped = {};
  /** @type {string[]} */
  const wrong = [];
  let finishedEarly = 0;
  const whole = await finish(home, model);
  if (whole.exitCode !== 0) throw new Error(`hornet build-engine ends with ${whole.exitCode} although nobody stops it`);
  let { startMs, workMs } = whole;
  for (let round = 1; round <= rounds; round++) {
    if (round % 2 === 0) rmSync(join(home, 'engines'), { recursive: true, force: true });
    const before = wholeEngines(home).length;
    const run = start(home, ['--force', ...model]);
    const timers = [];
    const stopWithin = (/** @type {number} */ ms) =>
      timers.push(setTimeout(() => run.child.kill(signal), Math.random() * ms));
    // Where there is something to break: most of them fall into the work itself.
    if (round % 4 === 0) stopWithin(startMs);
    else run.started.then(() => stopWithin(workMs));
    const [exitCode, endedBy] = await once(run.child, 'exit');
    for (const timer of timers) clearTimeout(timer);
    if (exitCode === 0) {
      finishedEarly++;
      // Learnt anew from every run that was through before.
      ({ startMs, workMs } = run.times());
    } else stopped[run.phase()] = (stopped[run.phase()] ?? 0) + 1;
    wrong.push(...wrongThings({ home, before, signal, exitCode, endedBy }).map((what) => `round ${round}: ${what}`));
    onRound(round);
  }
  const { exitCode, outcome } = await finish(home, model);
  wrong.push(...wrongInTheEnd(home).map((what) => `after the last run: ${what}`));
  return { rounds, stopped, finishedEarly, wrong, final: { exitCode, outcome } };
}

/** @param {string} home @param {readonly string[]} args */
function start(home, args) {
  const child = spawn(
    process.execPath,
    [entry, 'build-engine', '--json', '--home', home, '--target', 'sm86,sm89', ...args],
    { cwd: root, env: { PATH: process.env.PATH ?? '', HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const spawnedAt = performance.now();
  let startedAt = spawnedAt;
  let phase = 'starting';
  const started = once(child.stderr, 'data').then(() => {
    startedAt = performance.now();
  });
  // One that is stopped before says nothing.
  started.catch(() => {});
  child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ lines) => {
    phase = [...lines.matchAll(/: (\w+), \d+ %/g)].at(-1)?.[1] ?? phase;
  });
  const times = () => ({ startMs: startedAt - spawnedAt, workMs: performance.now() - startedAt });
  return { child, started, times, phase: () => phase };
}

/** Runs it to its end. @param {string} home @param {readonly string[]} model */
async function finish(home, model) {
  const { child, times } = start(home, model);
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { exitCode, outcome: exitCode === 0 ? JSON.parse(output)[0].outcome : output, ...times() };
}

/**
 * @param {{ home: string, before: number, signal: string, exitCode: number | null, endedBy: string | null }} round
 * @returns {string[]}
 */
function wrongThings({ home, before, signal, exitCode, endedBy }) {
  const wrong = [];
  try {
    const after = wholeEngines(home).length;
    if (after < before) wrong.push('the engine that was there is gone');
  } catch (error) {
    wrong.push(String(error));
  }
  // 1: told to stop while it worked; by the signal itself: before it began to.
  const expected = exitCode === 0 || endedBy === signal || (signal === 'SIGINT' && exitCode === 1);
  if (!expected) wrong.push(`exit code ${exitCode}, signal ${endedBy}`);
  if (signal === 'SIGINT') wrong.push(...leftovers(home).map((name) => `left ${name}`));
  return wrong;
}

/** One engine of two files, and nothing else. @param {string} home @returns {string[]} */
function wrongInTheEnd(home) {
  const engines = wholeEngines(home);
  const wrong = leftovers(home).map((name) => `left ${name}`);
  if (engines.length !== 1) wrong.push(`${engines.length} engines`);
  for (const record of engines) {
    const names = readdirSync(join(home, 'engines', record, '..'));
    if (names.length !== 2) wrong.push(`files ${names.join(', ')}`);
  }
  return wrong;
}
