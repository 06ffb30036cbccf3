// What all benchmarks print alike: device, versions, command, what was measured, the limits and whether they were met.
// With --record the same is appended to docs/benchmarks.md. Use:
//
//   const { values } = parseArgs({ options: { ...reportOptions, rounds: { type: 'string', default: '5' } } });
//   const report = new Report({ title, packages: ['sharp'], rounds, conditions: '8 connections', record: values.record });
//   report.line('round 1: ...');                                           printed only
//   report.fact('images/s', '60.1');                                       printed and recorded
//   report.limit({ name: 'hornet/bare', value: 0.93, atLeast: 0.88 });     printed, recorded and judged
//   report.finish();                                                       exit code 1 where a limit was missed
import { appendFileSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const recordFile = `${root}docs/benchmarks.md`;

/** @type {import('./report.mjs').reportOptions} */
export const reportOptions = { record: { type: 'boolean', default: false } };

/** @type {import('./report.mjs').median} */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @type {import('./report.mjs').percentile} */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** @type {import('./report.mjs').judge} */
export function judge({ value, atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY, unless }) {
  if (unless !== undefined) return 'not judged';
  return value >= atLeast && value <= atMost ? 'met' : 'missed';
}

/** @type {import('./report.mjs').inTurns} */
export function inTurns(sides, round) {
  const first = round % sides.length;
  return [...sides.slice(first), ...sides.slice(0, first)];
}

/** @type {import('./report.mjs').machineName} */
export function machineName() {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const cores = `${availableParallelism()} cores`;
  return `${cpus()[0]?.model.trim()}, ${cores}, ${memory}, ${process.platform} ${process.arch}`;
}

/** @type {import('./report.mjs').versionOf} */
export function versionOf(name) {
  return JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, 'utf8')).version;
}

/** The command of this process, without --record. */
function ownCommand() {
  const args = process.argv.slice(2).filter((arg) => arg !== '--record');
  return ['node', relative(root, process.argv[1]), ...args].join(' ');
}

const bound = ({ atLeast, atMost, digits = 3 }) => {
  const shown = (value) => String(Number(value.toFixed(digits)));
  return atLeast === undefined ? `at most ${shown(atMost)}` : `at least ${shown(atLeast)}`;
};

export class Report {
  #record;
  #rows = [];
  #verdicts = [];

  constructor({ title, packages = [], rounds, conditions, record = false }) {
    const versions = [`Node ${process.version}`, ...packages.map((name) => `${name} ${versionOf(name)}`)].join(', ');
    this.head = { title, command: ownCommand(), date: new Date().toISOString(), machine: machineName(), versions };
    this.head.conditions = conditions;
    this.head.rounds = rounds;
    this.#record = record;
    this.line(this.head.command);
    this.line(`${this.head.date}, ${this.head.machine}`);
    this.line(`${versions}; ${conditions}, ${rounds} rounds`);
  }

  line(text) {
    process.stdout.write(`${text}\n`);
  }

  fact(name, text) {
    this.line(`${name}: ${text}`);
    this.#rows.push({ name, measured: text, limit: '', verdict: '' });
  }

  limit(limit) {
    const { name, value, digits = 3, unit = '', unless } = limit;
    const verdict = judge(limit);
    const measured = `${value.toFixed(digits)}${unit}`;
    const shown = unless === undefined ? verdict : `${verdict}: ${unless}`;
    this.#verdicts.push(verdict);
    this.#rows.push({ name, measured, limit: `${bound(limit)}${unit}`, verdict: shown });
    this.line(`${name} ${measured}, ${bound(limit)}${unit}: ${verdict === 'missed' ? 'MISSED' : shown}`);
  }

  finish() {
    if (this.#record) appendFileSync(recordFile, renderRecord(this.head, this.#rows));
    if (this.#verdicts.includes('missed')) process.exitCode = 1;
    else if (this.#verdicts.includes('not judged')) process.exitCode = 2;
  }
}

/** @type {import('./report.mjs').renderRecord} */
export function renderRecord({ title, command, date, machine, versions, conditions, rounds }, rows) {
  const cells = rows.map(({ name, measured, limit, verdict }) => {
    return `| ${name} | ${measured} | ${limit} | ${verdict === 'missed' ? '**missed**' : verdict} |`;
  });
  return `
### ${title}

- Date: ${date.slice(0, 10)}
- Machine: ${machine}
- Versions: ${versions}
- Command: \`${command}\`
- Rounds: ${rounds}; ${conditions}

| | Measured | Limit | |
| --- | --- | --- | --- |
${cells.join('\n')}
`;
}
