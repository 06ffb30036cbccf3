import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { TensorRtLibrary } from '../../../src/native/tensorrt-types.js';
import { isMet } from '../../skips/note-skip.js';
import { describeWithAddon } from '../describe-with-addon.js';
import { describeWithTensorRt, rtxFolder, search, tensorRt10Folder } from './describe-with-tensorrt.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-find-tensorrt-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In a process of its own: the loader finds by name whatever this process has loaded already. */
function findInChild(path: string, tensorRtFolders: readonly string[]): TensorRtLibrary[] {
  const code = 'console.log(JSON.stringify(require(process.argv[1]).findTensorRt(JSON.parse(process.argv[2]))))';
  const given = JSON.stringify({ cudaLibrary: null, tensorRtFolders });
  return JSON.parse(execFileSync(process.execPath, ['-e', code, path, given], { encoding: 'utf8' }));
}

describeWithAddon('probeCuda', (addon) => {
  it('says in the words of the loader that there is no driver', () => {
    expect(addon.probeCuda(search)).toEqual({
      libraryPath: null,
      loadError: expect.stringContaining('/nonexistent/libcuda.so.1'),
      driverVersion: null,
      failure: null,
      devices: [],
    });
  });

  it('says which function a library lacks that is no driver', () => {
    const probe = addon.probeCuda({ cudaLibrary: 'libc.so.6', tensorRtFolders: [] });
    expect(probe.loadError).toContain('cuInit');
  });

  it.each([undefined, {}, { cudaLibrary: 3, tensorRtFolders: [] }, { cudaLibrary: null, tensorRtFolders: [3] }])(
    'throws ERR_NATIVE_ARGUMENT for %j',
    (given) => {
      expect(() => addon.probeCuda(given as never)).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_ARGUMENT' }));
      expect(() => addon.findTensorRt(given as never)).toThrow(
        expect.objectContaining({ code: 'ERR_NATIVE_ARGUMENT' }),
      );
    },
  );
});

describeWithAddon('findTensorRt', (addon, path) => {
  it('has an entry for every library that it knows, with a reason where there is none', () => {
    const libraries = findInChild(path, [folder]);
    expect(libraries.map(({ flavour, headers }) => [flavour, headers])).toEqual([
      ['tensorrt', '10'],
      ['tensorrt', '11'],
      ['tensorrt-rtx', 'rtx'],
    ]);
    for (const library of libraries) {
      expect(library.problem === null).toBe(library.libraryPath !== null);
      expect(library.minimumVersion).toMatch(/^\d+\.\d+$/);
    }
  });

  it('names the file that the loader refuses', () => {
    const lib = join(folder, 'broken', 'lib');
    mkdirSync(lib, { recursive: true });
    writeFileSync(join(lib, 'libtensorrt_rtx.so.1'), 'not a library');
    const rtx = findInChild(path, [join(folder, 'broken')]).find(({ headers }) => headers === 'rtx');
    expect(rtx).toMatchObject({ libraryPath: join(lib, 'libtensorrt_rtx.so.1'), version: null });
    expect(rtx?.problem).toContain(lib);
  });

  const hasOld = isMet(
    existsSync(tensorRt10Folder),
    'a TensorRT older than its headers',
    `${tensorRt10Folder} is not there`,
  );
  it.runIf(hasOld)('refuses a library that is older than the headers', () => {
    const found = addon.findTensorRt({ ...search, tensorRtFolders: [tensorRt10Folder] });
    expect(found.find(({ headers }) => headers === '10')).toMatchObject({
      libraryPath: join(tensorRt10Folder, 'libnvinfer.so.10'),
      version: '10.15.1',
      builderResources: ['libnvinfer_builder_resource_ptx.so.10.15.1'],
      problem: expect.stringMatching(/older than the headers|built without the headers/),
    });
  });
});

describeWithTensorRt('findTensorRt where TensorRT-RTX was fetched', (addon, library, path) => {
  it('finds the library and its parser in the folder', () => {
    expect(library).toEqual({
      flavour: 'tensorrt-rtx',
      headers: 'rtx',
      libraryPath: join(rtxFolder, 'libtensorrt_rtx.so.1'),
      version: '1.7.1',
      parserPath: join(rtxFolder, 'libtensorrt_onnxparser_rtx.so.1'),
      parserVersion: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      minimumVersion: '1.7',
      problem: null,
      builderResources: [],
    });
  });

  it('prefers a usable library in a later folder', () => {
    const broken = join(folder, 'earlier');
    mkdirSync(broken);
    writeFileSync(join(broken, 'libtensorrt_rtx.so.1'), 'not a library');
    const rtx = findInChild(path, [broken, rtxFolder]).find(({ headers }) => headers === 'rtx');
    expect(rtx).toMatchObject({ libraryPath: library.libraryPath, problem: null });
  });

  it('looks only for the flavour that is asked for, and refuses what is none', () => {
    expect(addon.findTensorRt(search, 'tensorrt-rtx')).toEqual([library]);
    expect(addon.findTensorRt(search, 'tensorrt').map(({ headers }) => headers)).toEqual(['10', '11']);
    expect(() => addon.findTensorRt(search, 3 as never)).toThrow(
      expect.objectContaining({ code: 'ERR_NATIVE_ARGUMENT' }),
    );
  });

  it('remembers a library, and notices that its file was exchanged', () => {
    const place = join(folder, 'exchanged');
    mkdirSync(place);
    symlinkSync(library.libraryPath as string, join(place, 'libtensorrt_rtx.so.1'));
    symlinkSync(library.parserPath as string, join(place, 'libtensorrt_onnxparser_rtx.so.1'));
    // In a process of its own, in which no other test has the library open.
    const code = `
      const [path, place] = process.argv.slice(1);
      const fs = require('node:fs');
      const find = () => require(path).findTensorRt({ cudaLibrary: null, tensorRtFolders: [place] })
        .find(({ headers }) => headers === 'rtx');
      const before = find();
      const startedAt = performance.now();
      for (let i = 0; i < 100; i++) find();
      const perCallMs = (performance.now() - startedAt) / 100;
      fs.rmSync(place + '/libtensorrt_rtx.so.1');
      fs.writeFileSync(place + '/libtensorrt_rtx.so.1', 'not a library');
      console.log(JSON.stringify({ before, perCallMs, after: find() }));`;
    const output = execFileSync(process.execPath, ['-e', code, path, place], { encoding: 'utf8' });
    const { before, perCallMs, after } = JSON.parse(output) as {
      before: TensorRtLibrary;
      perCallMs: number;
      after: TensorRtLibrary;
    };
    expect(before).toMatchObject({ libraryPath: join(place, 'libtensorrt_rtx.so.1'), problem: null });
    // Opening it takes 20 ms at least.
    expect(perCallMs).toBeLessThan(5);
    expect(after.problem).not.toBeNull();
  });

  it('can be asked again and again without keeping memory', () => {
    const rss = (): number => process.memoryUsage().rss;
    for (let i = 0; i < 5; i++) addon.findTensorRt(search);
    const before = rss();
    for (let i = 0; i < 40; i++) {
      addon.findTensorRt(search);
      addon.probeCuda(search);
    }
    expect(rss() - before).toBeLessThan(50e6);
  });
});
