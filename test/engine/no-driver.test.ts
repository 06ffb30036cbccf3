import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { GpuReport } from '../../src/gpu/gpu-report.js';
import { loadGpuAddon } from '../../src/gpu/load-gpu-addon.js';
import { probeGpu } from '../../src/gpu/probe-gpu.js';
import type { TensorRtLibrary } from '../../src/native/tensorrt-types.js';
import { runHornet, startHornet } from '../e2e/run-hornet.js';
import { buildOptions, rtxFolder, tensorRt10Folder } from '../native/tensorrt/describe-with-tensorrt.js';
import { skipSuite } from '../skips/skip-suite.js';
import { describeWithRtx } from './describe-with-rtx.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-no-driver-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tries = 200;
/** Calls after which everything is loaded that ever will be. */
const warmUp = 20;
const mostGrowth = 16 * 2 ** 20;

/** Runs it 200 times; how much the process has grown after the first 20. */
async function growthOf(run: () => unknown): Promise<number> {
  let before = 0;
  for (let i = 0; i < tries; i++) {
    if (i === warmUp) before = process.memoryUsage.rss();
    await run();
  }
  return process.memoryUsage.rss() - before;
}

async function probe(path: string): Promise<GpuReport> {
  const { exitCode, stdout } = await runHornet(['probe', '--json'], { env: { HORNET_TENSORRT_PATH: path } });
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as GpuReport;
}

function libraryIn(report: GpuReport, path: string): TensorRtLibrary | undefined {
  return report.libraries.find(({ libraryPath }) => libraryPath?.startsWith(path));
}

function whyNot(path: string, present: boolean): string | null {
  if (!present) return `${path} is not there; scripts/fetch-tensorrt-libraries fetches it`;
  if (loadGpuAddon().addon === null) return 'the native addon is not loaded';
  return probeGpu().driver.usable ? 'this machine has a GPU' : null;
}

/** NVIDIA's own libraries on a machine without a driver: what most people see first. */
function describeWithoutDriver(title: string, path: string, present: boolean, suite: () => void): void {
  const reason = whyNot(path, present);
  if (reason === null) describe(title, suite);
  else skipSuite(title, reason);
}

/** `hornet serve --backend tensorrt` must explain itself and stay up. */
async function expectServeToStayUp(path: string): Promise<void> {
  const server = await startHornet(['--backend', 'tensorrt'], { HORNET_TENSORRT_PATH: path });
  const get = (route: string): Promise<Response> => fetch(`${server.url}${route}`);
  await expect
    .poll(async () => (await get('/health/ready')).json())
    .toMatchObject({ ready: false, servings: [{ state: 'no-gpu', error: { code: 'ERR_GPU_MISSING' } }] });
  expect(server.log.map(({ msg }) => msg)).toContain('Node does not have GPU access. Serving will NOT be started.');
  for (let i = 0; i < tries; i++) {
    expect([(await get('/health/live')).status, (await get('/health/ready')).status]).toEqual([200, 503]);
  }
  expect(await server.stop()).toBe(0);
}

describeWithRtx('TensorRT-RTX', () => {
  describeWithoutDriver('without a driver', rtxFolder, existsSync(rtxFolder), () => {
    it('is found by hornet probe, which says what is missing and what can be done without it', async () => {
      const report = await probe(rtxFolder);
      expect(report).toMatchObject({ access: false, devices: [], aheadOfTime: { flavour: 'tensorrt-rtx' } });
      expect(report.problems).toMatchObject([{ subject: 'driver' }]);
      expect(libraryIn(report, rtxFolder)).toMatchObject({ version: '1.7.1', problem: null });
      const { stdout } = await runHornet(['probe'], { env: { HORNET_TENSORRT_PATH: rtxFolder } });
      expect(stdout).toMatch(/No NVIDIA driver was found[\s\S]*builds ahead of time for other GPUs/);
    });

    it('lets hornet serve stay up', () => expectServeToStayUp(rtxFolder));

    it('is probed 200 times without growing, and quickly after the first time', async () => {
      const durations: number[] = [];
      const growth = await growthOf(() => durations.push(probeGpu().durationMs));
      expect(growth).toBeLessThan(mostGrowth);
      expect(durations.slice(1).sort((a, b) => a - b)[tries / 2]).toBeLessThan(50);
    });

    it('refuses 200 builds of a file that is not there, and 200 for the GPU that is not there', async () => {
      const { addon } = loadGpuAddon();
      const [library] = addon?.findTensorRt({ cudaLibrary: null, tensorRtFolders: [rtxFolder] }, 'tensorrt-rtx') ?? [];
      if (addon === null || library === undefined) throw new Error('TensorRT-RTX is gone');
      const options = buildOptions(library, join(folder, 'absent.onnx'), join(folder, 'plan'));
      // Creates a builder, a network, a parser and a configuration each time.
      const missing = await growthOf(() =>
        expect(addon.buildEngine(options, () => {}).result).rejects.toMatchObject({
          code: 'ERR_TENSORRT_PARSE_FAILED',
        }),
      );
      const noGpu = await growthOf(() =>
        expect(addon.buildEngine({ ...options, computeCapabilities: [] }, () => {}).result).rejects.toMatchObject({
          code: 'ERR_TENSORRT_UNAVAILABLE',
        }),
      );
      expect([missing, noGpu].every((growth) => growth < mostGrowth)).toBe(true);
      expect(existsSync(join(folder, 'plan'))).toBe(false);
    });
  });
});

describeWithoutDriver('TensorRT 10.15 without a driver', tensorRt10Folder, existsSync(tensorRt10Folder), () => {
  it('is found by hornet probe and refused as older than the headers', async () => {
    const report = await probe(tensorRt10Folder);
    expect(report).toMatchObject({ access: false, driver: { usable: false } });
    expect(report.problems[0]?.problem).toMatch(/No NVIDIA driver was found/);
    expect(libraryIn(report, tensorRt10Folder)).toMatchObject({
      version: '10.15.1',
      problem: expect.stringMatching(/older than the headers|built without the headers/),
    });
  });

  it('lets hornet serve stay up', () => expectServeToStayUp(tensorRt10Folder));

  it('is probed 200 times without growing', async () => {
    expect(await growthOf(() => probeGpu({ tensorRtPath: tensorRt10Folder }))).toBeLessThan(mostGrowth);
  });

  it('is never asked for a builder: 200 builds are refused', async () => {
    const { addon } = loadGpuAddon();
    const found = addon?.findTensorRt({ cudaLibrary: null, tensorRtFolders: [tensorRt10Folder] }, 'tensorrt') ?? [];
    const library = found.find(({ headers }) => headers === '10');
    if (addon === null || library === undefined) throw new Error('the addon knows no TensorRT 10');
    // As if the version had been overlooked.
    const whole = { ...library, parserPath: join(tensorRt10Folder, 'libnvonnxparser.so.10') };
    const options = {
      ...buildOptions(whole, join(folder, 'absent.onnx'), join(folder, 'plan')),
      computeCapabilities: [],
    };
    const growth = await growthOf(() =>
      expect(addon.buildEngine(options, () => {}).result).rejects.toMatchObject({ code: 'ERR_TENSORRT_UNAVAILABLE' }),
    );
    expect(growth).toBeLessThan(mostGrowth);
  });
});
