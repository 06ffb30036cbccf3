import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { errorRegistry } from '../../src/errors/error-registry.js';
import { packageRoot } from '../../src/package-info.js';
import { passingFailures } from '../../src/serving/retry-loading.js';

const rows = readFileSync(join(packageRoot, 'docs/troubleshooting.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `ERR_'));
const codesOf = (line: string): string[] =>
  [...(line.split('|')[1] ?? '').matchAll(/`(ERR_\w+)`/g)].map(([, code]) => code ?? '');
const listed = rows.flatMap(codesOf);

it('troubleshooting.md has every code that an operator can meet, once, and none that does not exist', () => {
  // Below 500 the client is told what to do, but for a queue that is full.
  const wanted = Object.entries(errorRegistry).filter(
    ([code, { status }]) => status >= 500 || code === 'ERR_QUEUE_FULL',
  );
  const codes = wanted.map(([code]) => code);
  expect(
    codes.filter((code) => !listed.includes(code)),
    'codes without a row in docs/troubleshooting.md',
  ).toEqual([]);
  // None that is not wanted, and none twice.
  expect([...listed].sort()).toEqual(codes.sort());
});

it('troubleshooting.md says for each failure of a serving whether it is tried again', () => {
  const passing = rows.filter((line) => / yes \|$/.test(line)).flatMap(codesOf);
  // Whose worker died serves on with another one; it is in the table of requests.
  const hint = '"yes" in the last column is what src/serving/retry-loading.ts has';
  expect([...passing, 'ERR_BACKEND_WORKER_LOST'].sort(), hint).toEqual([...passingFailures].sort());
});
