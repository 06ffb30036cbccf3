import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { noteSkip } from '../../skips/note-skip.js';
import { buildOptions, root } from './describe-with-tensorrt.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-without-headers-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Compiles the whole addon once more, so only where everything is asked for.
const asked = process.env.HORNET_REQUIRE_TENSORRT === '1' && spawnSync('cmake', ['--version']).status === 0;
if (!asked) {
  noteSkip('the addon without headers of TensorRT', 'HORNET_REQUIRE_TENSORRT=1 and cmake run it');
}

it.skipIf(!asked)(
  'compiles without headers of TensorRT, and says what is missing',
  () => {
    const configure = [
      '-S',
      root,
      '-B',
      folder,
      '-DHORNET_TENSORRT=OFF',
      '-DHORNET_WERROR=ON',
      '-DHORNET_FEW_UNITS=ON',
    ];
    // Not optimized: that takes half of the time, and tells nothing here.
    const compiled = [`-DHORNET_NODE=${process.execPath}`, '-DCMAKE_CXX_FLAGS_RELEASE=-O0'];
    execFileSync('cmake', [...configure, ...compiled], { stdio: 'pipe' });
    execFileSync('cmake', ['--build', folder, '--parallel', '2'], { stdio: 'pipe' });
    const library = {
      flavour: 'tensorrt-rtx' as const,
      headers: 'rtx',
      libraryPath: join(root, 'build', 'tensorrt-libraries', 'rtx', 'libtensorrt_rtx.so.1'),
      version: null,
      parserPath: '/nonexistent',
      parserVersion: null,
      minimumVersion: '1.7',
      problem: null,
      builderResources: [],
    };
    const code = `
      const addon = require(process.argv[1]);
      const options = JSON.parse(process.argv[2]);
      const found = addon.findTensorRt(options.search).find(({ headers }) => headers === 'rtx');
      const answer = { headers: addon.tensorRtHeaders, problem: found.problem };
      addon.buildEngine(options, () => {}).result.catch((error) => {
        console.log(JSON.stringify({ ...answer, code: error.code, message: error.message }));
      });`;
    const options = JSON.stringify(buildOptions(library, '/nonexistent', join(folder, 'plan')));
    const output = execFileSync(process.execPath, ['-e', code, join(folder, 'Release', 'hornet.node'), options]);
    expect(JSON.parse(output.toString())).toEqual({
      headers: [],
      problem: expect.stringContaining('built without the headers of TensorRT-RTX 1'),
      code: 'ERR_TENSORRT_UNAVAILABLE',
      message: expect.stringContaining('built without the headers'),
    });
  },
  600_000,
);
