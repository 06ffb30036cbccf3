import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { hornetEntry } from '../e2e/run-hornet.js';
import { isMet } from '../skips/note-skip.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInEnvironment, standInFiles } from '../stand-ins/stand-in-environment.mjs';

/** A machine of its own, as far as locks can tell: nobody else can ask whether its processes live. */
const asMachine = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const hasMachines = isMet(
  spawnSync('unshare', [...asMachine, 'true']).status === 0,
  'build-engine on several machines with one volume',
  'namespaces of processes need root',
);

let home: string;
const running: ChildProcess[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hornet-machines-'));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

interface Build {
  readonly child: ChildProcess;
  /** Exit code, and what became of the engine. */
  readonly ended: Promise<{ exitCode: number | null; outcome: unknown }>;
}

/** `hornet build-engine digits` on a machine of its own. */
function build(buildMs: number): Build {
  const child = spawn('unshare', [...asMachine, process.execPath, hornetEntry, 'build-engine', '--json', 'digits'], {
    cwd: packageRoot,
    env: { ...standInEnvironment(), PATH: process.env.PATH, HORNET_HOME: home, STANDIN_BUILD_MS: String(buildMs) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  running.push(child);
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<{ exitCode: number | null; outcome: unknown }>((resolve) => {
    child.once('close', (exitCode) => {
      const [result] = exitCode === 0 ? (JSON.parse(stdout) as { outcome: unknown }[]) : [];
      resolve({ exitCode, outcome: result?.outcome });
    });
  });
  return { child, ended };
}

function files(): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' });
}

const locks = (): string[] => files().filter((name) => name.endsWith('.lock'));

describe.runIf(hasMachines)('with one volume for several machines', () => {
  describeWithStandIns('hornet build-engine', standInFiles, () => {
    it('builds on one of them, while the others wait for it', async () => {
      const builds = [1, 2, 3].map(() => build(1500).ended);
      const outcomes = (await Promise.all(builds)).map(({ exitCode, outcome }) => `${exitCode} ${outcome}`);
      expect(outcomes.sort()).toEqual(['0 built', '0 fresh', '0 fresh']);
      expect(files().filter((name) => name.endsWith('.plan'))).toHaveLength(1);
    });

    it('takes over from a machine that has died while it built', async () => {
      const first = build(60_000);
      while (locks().length === 0) await sleep(20);
      first.child.kill('SIGKILL');
      await first.ended;
      // More than a minute without a heartbeat.
      const before = new Date(Date.now() - 120_000);
      for (const lock of locks()) utimesSync(join(home, lock), before, before);
      expect(await build(100).ended).toEqual({ exitCode: 0, outcome: 'built' });
      expect(files().filter((name) => /\.lock$|\.build-/.test(name))).toEqual([]);
    });
  });
});
