import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { versionPlaces } from '../../scripts/version-places.mjs';
import { packageRoot } from '../../src/package-info.js';
import { manifest, readText } from './read-project.js';

const versionsIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, version]) => version ?? '');
const hint = '"npm version" sets it everywhere: scripts/version-places.mjs';

describe('the version', () => {
  it.each(versionPlaces)('is the same in $path as in package.json', ({ path, pattern }) => {
    const found = versionsIn(readText(path), pattern);
    expect(found.length, `the pattern of ${path} in scripts/version-places.mjs finds nothing`).toBeGreaterThan(0);
    expect(new Set(found), hint).toEqual(new Set([manifest.version]));
  });

  it('is the newest one of the changelog, above which there may be what is not released', () => {
    const headings = [...readText('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? '');
    expect(headings.find((heading) => heading !== 'Unreleased')?.split(' ')[0], hint).toBe(manifest.version);
  });
});

describe('scripts/set-version.mjs, which "npm version" runs', () => {
  it('writes the version of package.json to every place, dates the changelog and stages all of it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hornet-version-'));
    try {
      const changed = ['CHANGELOG.md', ...versionPlaces.map(({ path }) => path)];
      for (const path of [...changed, 'scripts/set-version.mjs', 'scripts/version-places.mjs']) {
        cpSync(join(packageRoot, path), join(folder, path));
      }
      writeFileSync(join(folder, 'package.json'), '{ "version": "7.8.9-rc.1" }');
      writeFileSync(
        join(folder, 'CHANGELOG.md'),
        '# Changelog\n\n## Unreleased\n\n- A change.\n\n## 7.8.8 (2026-01-01)\n',
      );
      execFileSync('git', ['init', '--quiet'], { cwd: folder });
      execFileSync(process.execPath, ['scripts/set-version.mjs'], { cwd: folder });

      for (const { path, pattern } of versionPlaces) {
        const found = versionsIn(readFileSync(join(folder, path), 'utf8'), pattern);
        expect([path, ...new Set(found)]).toEqual([path, '7.8.9-rc.1']);
      }
      const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8');
      expect(changelog).toMatch(/^# Changelog\n\n## 7\.8\.9-rc\.1 \(\d{4}-\d\d-\d\d\)\n\n- A change\.\n\n## 7\.8\.8 /);
      const staged = execFileSync('git', ['diff', '--cached', '--name-only'], { cwd: folder, encoding: 'utf8' });
      expect(staged.trim().split('\n').sort()).toEqual([...changed].sort());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
