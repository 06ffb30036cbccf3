import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { operations } from '../../src/http/openapi/operations.js';
import { packageRoot } from '../../src/package-info.js';

it('http-api.md has every route but those of the inference protocol', () => {
  const text = readFileSync(join(packageRoot, 'docs/http-api.md'), 'utf8');
  const routes = operations
    .filter(({ path }) => !path.startsWith('/v2'))
    .map(({ method, path }) => `${method.toUpperCase()} ${path.replace(':name', 'NAME')}`);
  expect(
    routes.filter((route) => !text.includes(`\`${route}\``)),
    'routes without a row in docs/http-api.md',
  ).toEqual([]);
});
