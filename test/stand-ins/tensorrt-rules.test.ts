import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWithStandIns, standInsFolder } from './describe-with-stand-ins.js';
import { runWithReport } from './run-with-report.js';
import { tensorRtSets } from './tensorrt-sets.js';

interface RuleCase {
  readonly name: string;
  readonly breaks: readonly string[];
}

function listCases(program: string): RuleCase[] {
  const lines = execFileSync(program, ['--list'], { encoding: 'utf8' }).trimEnd().split('\n');
  return lines.map((line) => {
    const [name = '', , rules = ''] = line.split('\t');
    return { name, breaks: rules === '' ? [] : rules.split(',') };
  });
}

/** Rules in the table of the README, without those that a set does not have. */
function documentedRules(set: string): string[] {
  const readme = readFileSync(new URL('./tensorrt/README.md', import.meta.url), 'utf8');
  const rows = readme.split('\n').filter((row) => set !== 'rtx' || !row.includes('TensorRT 10 and 11 only'));
  return rows.flatMap((row) => /^\| `([\w-]+)` \|/.exec(row)?.[1] ?? []);
}

for (const { set } of tensorRtSets) {
  describeWithStandIns(`the stand-in for TensorRT, set ${set}`, [`bin/tensorrt-rules-${set}`], () => {
    const program = join(standInsFolder, 'bin', `tensorrt-rules-${set}`);
    const cases = listCases(program);
    const run = (name: string, env: Record<string, string> = {}) => {
      const ran = runWithReport(program, [name], env);
      return { ...ran, rules: new Set(ran.report.violations.map(({ rule }) => rule)) };
    };

    it.each(cases.filter(({ breaks }) => breaks.length === 0))('finds nothing wrong with $name', ({ name }) => {
      expect(run(name)).toMatchObject({ rules: new Set(), stdout: '', status: 0 });
    });

    it.each(cases.filter(({ breaks }) => breaks.length > 0))('catches $name by $breaks', ({ name, breaks }) => {
      const ran = run(name);
      expect(ran).toMatchObject({ rules: new Set(breaks), stdout: '', status: 0 });
      for (const rule of breaks) expect(ran.stderr).toContain(`STANDIN VIOLATION ${rule}: `);
    });

    it('has a wrong program for each of its rules', () => {
      const broken = new Set(cases.flatMap(({ breaks }) => breaks));
      expect(documentedRules(set).filter((rule) => !broken.has(rule))).toEqual([]);
    });

    describe('faults', () => {
      const total = run('correct-plain-runs').report.byName;
      const entries = Object.keys(total).filter((name) => !name.startsWith('cu'));

      it.each(entries)('lets %s fail, and nothing leaks', (name) => {
        const { report, status } = run('correct-plain-runs', { STANDIN_FAIL: `${name}@1` });
        expect(report).toMatchObject({ leaks: [], failed: { name } });
        expect(status).toBe(1);
      });
    });
  });
}
