import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { lockfile, manifest, readText } from './read-project.js';

interface InstalledManifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly gypfile?: boolean;
}

const nameAt = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const paths = Object.keys(lockfile.packages).filter((path) => path !== '');
const reviewed = Object.entries(manifest.allowScripts);

/** Whether npm runs something when it installs a package: as the package says, or because it has a binding.gyp. */
function runsAtInstall(path: string): boolean {
  const folder = join(packageRoot, path);
  // For another platform.
  if (!existsSync(join(folder, 'package.json'))) return false;
  const { scripts = {}, gypfile } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as InstalledManifest;
  const isBuilt = gypfile !== false && existsSync(join(folder, 'binding.gyp'));
  return isBuilt || ['preinstall', 'install', 'postinstall'].some((name) => scripts[name] !== undefined);
}

describe('install scripts of dependencies', () => {
  it('are all reviewed in package.json: those that the lockfile tells of, and those of what is installed', () => {
    const known = paths.filter((path) => lockfile.packages[path]?.hasInstallScript === true);
    const installed = paths.filter(runsAtInstall);
    expect(installed).toContain('node_modules/onnxruntime-node');
    for (const path of [...known, ...installed]) expect(Object.keys(manifest.allowScripts)).toContain(nameAt(path));
  });

  it('are reviewed for packages that there are', () => {
    const names = paths.map(nameAt);
    for (const [name, verdict] of reviewed) {
      expect(names).toContain(name);
      expect(verdict, name).toBeTypeOf('boolean');
    }
  });

  it('have their verdicts and the reasons in docs/supply-chain.md', () => {
    const rows = [...readText('docs/supply-chain.md').matchAll(/^\| `([^`]+)` \| (runs|does not run) \| .{20,} \|$/gm)];
    expect(rows.map(([, name, verdict]) => [name, verdict === 'runs'])).toEqual(reviewed);
  });

  it('that are not reviewed make an installation fail', () => {
    expect(readText('.npmrc')).toMatch(/^strict-allow-scripts=true$/m);
  });
});
