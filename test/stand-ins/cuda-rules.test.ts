import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWithStandIns, standInsFolder } from './describe-with-stand-ins.js';
import { runWithReport, type StandInRun } from './run-with-report.js';

const program = join(standInsFolder, 'bin', 'cuda-rules');

interface RuleCase {
  readonly name: string;
  readonly dies: boolean;
  readonly breaks: readonly string[];
}

function listCases(): RuleCase[] {
  const lines = execFileSync(program, ['--list'], { encoding: 'utf8' }).trimEnd().split('\n');
  return lines.map((line) => {
    const [name = '', end, rules = ''] = line.split('\t');
    return {
      name,
      dies: end === 'dies',
      breaks: rules
        .split(',')
        .filter((rule) => rule !== '')
        .sort(),
    };
  });
}

function run(name: string, env: Readonly<Record<string, string>> = {}): StandInRun {
  return runWithReport(program, [name], { STANDIN_DEVICES: '2', ...env });
}

/** A program that breaks rules: the thread sanitizer sees its races too, which is right. */
function runWrong({ name, dies }: RuleCase): StandInRun {
  // What the handler of a fault does is safe: see host-access.cpp. Death by a fault has the same exit code as a race.
  const options = dies ? 'report_signal_unsafe=0' : 'report_signal_unsafe=0 exitcode=0';
  return run(name, { TSAN_OPTIONS: options });
}

function brokenRules({ report }: StandInRun): string[] {
  return [...new Set(report.violations.map(({ rule }) => rule))].sort();
}

function entryPoints(): string[] {
  const header = readFileSync(new URL('./cuda/driver-api.h', import.meta.url), 'utf8');
  return [...header.matchAll(/^stand_in::Result (cu\w+)\(/gm)].map(([, name = '']) => name);
}

describeWithStandIns('the stand-in driver', ['bin/cuda-rules'], () => {
  const cases = listCases();

  it.each(cases.filter(({ breaks }) => breaks.length === 0))('finds nothing wrong with $name', ({ name }) => {
    const ran = run(name);
    expect(ran.report.violations).toEqual([]);
    expect(ran).toMatchObject({ stdout: '', status: 0 });
  });

  it.each(cases.filter(({ breaks }) => breaks.length > 0))('catches $name by $breaks', (wrong) => {
    const { dies, breaks } = wrong;
    const ran = runWrong(wrong);
    expect(brokenRules(ran)).toEqual(breaks);
    for (const rule of breaks) expect(ran.stderr).toContain(`STANDIN VIOLATION ${rule}: `);
    if (dies) expect(ran.status).not.toBe(0);
    else expect(ran).toMatchObject({ stdout: '', status: 0 });
  });

  it('has a wrong program for each of its rules', () => {
    const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8');
    const driverRules = readme.slice(readme.indexOf('## Rules of the driver'));
    const documented = [...driverRules.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, rule]) => rule);
    expect(new Set(documented)).toEqual(new Set(cases.flatMap(({ breaks }) => breaks)));
  });

  it('aborts at the first violation where STANDIN_ABORT=1 asks for it', () => {
    const ran = run('zero-sizes', { STANDIN_ABORT: '1' });
    expect(ran.signal).toBe('SIGABRT');
    expect(ran.report.violations).toHaveLength(1);
  });

  it('calls every entry point in the program for faults', () => {
    const { report } = run('every-call');
    expect(new Set(Object.keys(report.byName))).toEqual(new Set(entryPoints()));
    expect(report.failed).toBeNull();
  });

  it.each(entryPoints())('lets %s fail, and nothing leaks', (name) => {
    const ran = run('every-call', { STANDIN_FAIL: `${name}@1=46` });
    expect(ran).toMatchObject({ stdout: `${name} 46\n`, status: 1 });
    expect(ran.report).toMatchObject({ violations: [], leaks: [], failed: { name } });
  });

  it.each(entryPoints())('loses the device in %s, and nothing leaks', (name) => {
    const ran = run('every-call', { STANDIN_FAIL: `${name}@1=lost` });
    expect(ran).toMatchObject({ stdout: `${name} 719\n`, status: 1 });
    expect(ran.report).toMatchObject({ violations: [], leaks: [], failed: { name } });
  });

  it('numbers all calls of the process, and fails each with a result that fits', () => {
    const total = run('every-call').report.calls;
    const outcomes = Array.from({ length: total }, (_, i) => run('every-call', { STANDIN_FAIL: `#${i + 1}` }));
    expect(outcomes.map(({ report }) => report.failed?.number)).toEqual(outcomes.map((_, i) => i + 1));
    for (const { report } of outcomes) expect(report).toMatchObject({ violations: [], leaks: [] });
    const firstLines = outcomes.map(({ stdout }) => stdout.split('\n')[0]);
    expect(firstLines).toContain('cuMemAlloc_v2 2');
    expect(firstLines).toContain('cuStreamBeginCapture_v2 900');
  });

  it('refuses every capture where STANDIN_CAPTURE=refuse asks for it', () => {
    expect(run('graph', { STANDIN_CAPTURE: 'refuse' }).stdout).toBe('cuStreamBeginCapture_v2 900\n');
  });

  it('has as many devices and as much memory as asked for', () => {
    expect(run('every-call', { STANDIN_DEVICES: '0' }).stdout).toBe('cuInit 100\n');
    expect(run('out-of-memory', { STANDIN_MEMORY_MB: '3' }).status).toBe(0);
  });
});
