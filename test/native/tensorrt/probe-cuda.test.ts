import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CudaProbe } from '../../../src/native/tensorrt-types.js';
import { noteSkip } from '../../skips/note-skip.js';
import { describeWithAddon } from '../describe-with-addon.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-probe-cuda-'));
const driver = join(folder, 'libcuda.so.1');
afterAll(() => rmSync(folder, { recursive: true }));

const source = fileURLToPath(new URL('./fake-driver.c', import.meta.url));
const hasCompiler = spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasCompiler) noteSkip('probeCuda with a driver', 'there is no C compiler (cc)');

describeWithAddon('probeCuda', (_, path) => {
  describe.skipIf(!hasCompiler)('with a driver', () => {
    beforeAll(() => {
      execFileSync('cc', ['-shared', '-fPIC', '-Wall', '-Wextra', '-o', driver, source]);
    });

    /** In a process of its own, whose environment the driver reads. */
    function probe(env: Record<string, string> = {}): CudaProbe {
      const code = 'console.log(JSON.stringify(require(process.argv[1]).probeCuda(JSON.parse(process.argv[2]))))';
      const search = JSON.stringify({ cudaLibrary: driver, tensorRtFolders: [] });
      const options = { encoding: 'utf8' as const, env: { ...process.env, ...env } };
      return JSON.parse(execFileSync(process.execPath, ['-e', code, path, search], options));
    }

    it('describes every device, without creating a context', () => {
      expect(probe()).toEqual({
        libraryPath: driver,
        loadError: null,
        driverVersion: 13000,
        failure: null,
        devices: [
          {
            index: 0,
            name: 'NVIDIA A10',
            uuid: 'GPU-a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf',
            computeCapability: '8.6',
            totalMemoryBytes: 24 * 2 ** 30,
          },
          {
            index: 1,
            name: 'NVIDIA L4',
            uuid: 'GPU-b0b1b2b3-b4b5-b6b7-b8b9-babbbcbdbebf',
            computeCapability: '8.9',
            totalMemoryBytes: 24 * 2 ** 30,
          },
        ],
      });
    });

    it('finds no device where the driver shows none', () => {
      expect(probe({ FAKE_CUDA_COUNT: '0' })).toMatchObject({ failure: null, devices: [] });
    });

    it.each([
      ['cuInit', 100, 'CUDA_ERROR_NO_DEVICE', 'no CUDA-capable device is detected', null],
      ['cuInit', 803, 'CUDA_ERROR_SYSTEM_DRIVER_MISMATCH', expect.stringContaining('different versions'), null],
      ['cuDeviceGetCount', 3, 'CUDA_ERROR_NOT_INITIALIZED', 'initialization error', 13000],
      ['cuDeviceGetName', 777, 'CUDA_ERROR_777', '', 13000],
    ])('tells that %s failed with %i', (call, code, name, text, driverVersion) => {
      expect(probe({ FAKE_CUDA_FAIL: `${call}:${code}` })).toEqual({
        libraryPath: driver,
        loadError: null,
        driverVersion,
        failure: { call, code, name, text },
        devices: [],
      });
    });
  });
});
