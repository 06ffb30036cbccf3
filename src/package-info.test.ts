import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { compiledModule, packageRoot, packageRootAbove, packageVersion } from './package-info.js';

it('finds the root of the package that a file belongs to, however deep the file lies', () => {
  const outer = mkdtempSync(join(tmpdir(), 'hornet-package-'));
  const inner = join(outer, 'node_modules/hornet');
  try {
    mkdirSync(join(inner, 'dist/cli/chunks'), { recursive: true });
    for (const folder of [outer, inner]) writeFileSync(join(folder, 'package.json'), '{}');
    for (const file of ['src/package-info.ts', 'dist/package-info.js', 'dist/cli/main.cjs', 'dist/cli/chunks/a.js']) {
      expect(packageRootAbove(join(inner, file)), file).toBe(inner);
    }
    expect(packageRootAbove(join(outer, 'main.js'))).toBe(outer);
  } finally {
    rmSync(outer, { recursive: true });
  }
  expect(() => packageRootAbove('/main.js')).toThrow('There is no package.json above /main.js.');
});

it('knows this package and where its compiled modules are', () => {
  expect(packageRoot).toBe(join(import.meta.dirname, '..'));
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  expect(packageVersion).toBe(manifest.version);
  expect(existsSync(compiledModule('index.js'))).toBe(true);
});
