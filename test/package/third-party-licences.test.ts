import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAllowed } from '../../scripts/supply-chain/allowed-licences.mjs';
import { lockPackages } from '../../scripts/supply-chain/lock-packages.mjs';
import { packagesNamedIn, thirdPartyLicences } from '../../scripts/supply-chain/third-party-licences.mjs';
import { lockfile, readText } from './read-project.js';

describe('dist/cli/THIRD-PARTY-LICENSES.txt', () => {
  const text = readText('dist/cli/THIRD-PARTY-LICENSES.txt');
  const named = packagesNamedIn(text);

  it('names packages of the lockfile that are installed with Hornet, under licences that are allowed', () => {
    expect(named.length).toBeGreaterThan(40);
    const production = lockPackages(lockfile).filter(({ isDevelopment }) => !isDevelopment);
    for (const id of named) {
      const one = production.find((some) => some.id === id);
      expect(one === undefined ? 'not in the lockfile' : isAllowed(one), id).toBe(true);
    }
  });

  it('names what the command line is known to be made of', () => {
    const names = named.map((id) => id.slice(0, id.lastIndexOf('@')));
    expect(names).toEqual(expect.arrayContaining(['express', 'send', 'zod', 'pino', '@bufbuild/protobuf']));
    expect(names).not.toContain('body-parser');
    expect(names).not.toContain('sharp');
  });

  it('has a notice for each', () => {
    const entries = text.split(/^={80}$/m).slice(1);
    expect(entries).toHaveLength(named.length);
    for (const entry of entries) expect(entry).toMatch(/copyright.*(permi|licen[cs]e)/is);
  });

  it('has the whole of both licences of a package that comes without a file of them', () => {
    const [entry = ''] = text.split(/^={80}$/m).filter((one) => one.startsWith('\n@bufbuild/protobuf '));
    expect(entry).toContain('Buf Technologies');
    expect(entry).toContain('TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION');
    expect(entry).toMatch(/Google Inc.*Redistributions in binary form must reproduce.*POSSIBILITY OF SUCH DAMAGE/s);
  });
});

describe('thirdPartyLicences', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-licences-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function addFile(path: string, content: string): string {
    const file = join(folder, 'node_modules', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }
  function addPackage(path: string, name: string, files: Record<string, string>): string {
    for (const [file, content] of Object.entries(files)) addFile(join(path, file), content);
    addFile(join(path, 'package.json'), JSON.stringify({ name, version: '1.2.3', license: 'MIT' }));
    return addFile(join(path, 'lib/index.js'), '');
  }
  const textOf = (...paths: string[]): string =>
    thirdPartyLicences([{ modules: Object.fromEntries(paths.map((path) => [path, { renderedLength: 1 }])) }, {}]);

  it('has each package once, with licence and notice, also where one lies in another', () => {
    const outer = addPackage('outer', 'outer', { 'license.md': 'Text of outer\r\n', NOTICE: 'Notice of outer' });
    const inner = addPackage('outer/node_modules/@some/inner', '@some/inner', { LICENCE: 'Text of inner' });
    const text = textOf(outer, outer.replace('index', 'other'), inner, join(folder, 'src/own.ts'), '\0runtime');
    expect(packagesNamedIn(text)).toEqual(['@some/inner@1.2.3', 'outer@1.2.3']);
    expect(text).toContain('\nouter 1.2.3\nLicence: MIT\n\nNotice of outer\n\nText of outer\n');
    expect(text).toContain('\nText of inner\n');
  });

  it('leaves out what the bundler has left out', () => {
    const path = addPackage('unused', 'unused', { LICENSE: 'Text' });
    expect(packagesNamedIn(thirdPartyLicences([{ modules: { [path]: { renderedLength: 0 } } }]))).toEqual([]);
  });

  it('makes the build fail for a package without a file of its licence', () => {
    const path = addPackage('bare', 'bare', { 'README.md': 'MIT' });
    expect(() => textOf(path)).toThrow(/bare has no file of its licence/);
  });
});
