import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createFakeGpuAddon, fakeCuda, fakeDevice, fakeLibrary, noCuda } from '../../test/engine/fake-gpu-addon.mjs';
import type { CudaProbe, TensorRtLibrary } from '../native/tensorrt-types.js';
import { readCudaMajor } from './cuda-version.js';
import { describeGpuReport } from './describe-gpu-report.js';
import type { GpuReport } from './gpu-report.js';
import type { HostFacts } from './host-facts.js';
import { librarySearch } from './library-search.js';
import { hasGpuAccess, probeGpu } from './probe-gpu.js';

const plainHost: HostFacts = {
  kernelDriver: null,
  container: false,
  deviceFiles: 'usable',
  visibleDevices: undefined,
};

/** The probe with a fake of the addon. */
function probe(
  cuda: CudaProbe,
  libraries: readonly TensorRtLibrary[] = [fakeLibrary()],
  facts: Partial<HostFacts> = {},
  cudaMajor: number | null = 13,
): GpuReport {
  return probeGpu({
    addon: { addon: createFakeGpuAddon({ cuda, libraries }) },
    facts: { ...plainHost, ...facts },
    cudaMajorOf: () => cudaMajor,
  });
}

const failing = (code: number, name: string): CudaProbe =>
  fakeCuda({ failure: { call: 'cuInit', code, name, text: 'text' }, driverVersion: null, devices: [] });

const full = (changes: Partial<TensorRtLibrary> = {}): TensorRtLibrary =>
  fakeLibrary({
    flavour: 'tensorrt',
    headers: '10',
    version: '10.16.1',
    minimumVersion: '10.16',
    libraryPath: '/fake/libnvinfer.so.10',
    parserPath: '/fake/libnvonnxparser.so.10',
    builderResources: ['libnvinfer_builder_resource_sm89.so.10.16.1'],
    ...changes,
  });

it.each<[string, CudaProbe, Partial<HostFacts>, RegExp, RegExp]>([
  ['no driver', noCuda, {}, /No NVIDIA driver was found/, /serves on the CPU/],
  ['no driver in a container', noCuda, { container: true }, /no libcuda/, /--gpus all/],
  [
    'a container without --gpus on a machine with a driver',
    noCuda,
    { container: true, kernelDriver: '580.95.05' },
    /has an NVIDIA driver \(580\.95\.05\)/,
    /--gpus all/,
  ],
  [
    'a libcuda that may not be read',
    { ...noCuda, loadError: 'libcuda.so.1: Permission denied' },
    {},
    /may not be read/,
    /readable/,
  ],
  [
    'a libcuda of another architecture',
    { ...noCuda, loadError: '/x/libcuda.so.1: wrong ELF class: ELFCLASS32' },
    {},
    /not one for this machine/,
    /HORNET_CUDA_LIBRARY/,
  ],
  ['a stub', failing(34, 'CUDA_ERROR_STUB_LIBRARY'), {}, /stub of the CUDA toolkit.*answers 34/, /LD_LIBRARY_PATH/],
  ['35', failing(35, 'cudaErrorInsufficientDriver'), {}, /older than CUDA needs.*35/, /r525/],
  ['100', failing(100, 'CUDA_ERROR_NO_DEVICE'), {}, /there is no device.*100/, /nvidia-smi -L/],
  [
    '100 with CUDA_VISIBLE_DEVICES',
    failing(100, 'CUDA_ERROR_NO_DEVICE'),
    { visibleDevices: '' },
    /CUDA_VISIBLE_DEVICES is "" and hides/,
    /Unset CUDA_VISIBLE_DEVICES/,
  ],
  ['46', failing(46, 'CUDA_ERROR_DEVICE_UNAVAILABLE'), {}, /busy or unavailable/, /MIG/],
  ['802', failing(802, 'CUDA_ERROR_SYSTEM_NOT_READY'), {}, /not ready yet/, /nvidia-fabricmanager/],
  ['803', failing(803, 'CUDA_ERROR_SYSTEM_DRIVER_MISMATCH'), {}, /different versions/, /Restart/],
  ['804', failing(804, 'CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE'), {}, /forward-compat/, /cuda-compat/],
  ['999', failing(999, 'CUDA_ERROR_UNKNOWN'), {}, /does not name/, /nvidia_uvm/],
  ['999 without permission', failing(999, 'CUDA_ERROR_UNKNOWN'), { deviceFiles: 'denied' }, /may not open/, /group/],
  ['304', failing(304, 'CUDA_ERROR_OPERATING_SYSTEM'), {}, /refuses the GPU/, /\/dev\/nvidia/],
  ['a code nobody has met', failing(719, 'CUDA_ERROR_LAUNCH_FAILED'), {}, /cannot be used.*719/, /nvidia-smi/],
  ['a driver that shows no device', fakeCuda({ devices: [] }), {}, /there is no device/, /nvidia-smi -L/],
])('explains the driver (fake): %s', (_title, cuda, facts, problem, remedy) => {
  const report = probe(cuda, undefined, facts);
  expect(report).toMatchObject({ access: false, devices: [] });
  expect(report.problems[0]?.problem).toMatch(problem);
  expect(report.problems[0]?.remedy).toMatch(remedy);
  expect(report.summary).toBe(report.problems[0]?.problem);
  expect(report.aheadOfTime?.version).toBe('1.7.1');
});

it.each<[string, TensorRtLibrary[], Partial<CudaProbe>, RegExp, RegExp]>([
  ['none at all', [], {}, /No TensorRT library was found/, /HORNET_TENSORRT_PATH/],
  [
    'none of two that were looked for',
    [
      full({ libraryPath: null, version: null, problem: 'not found' }),
      fakeLibrary({ libraryPath: null, version: null }),
    ],
    {},
    /neither TensorRT 10 nor TensorRT-RTX/,
    /fetch-tensorrt-libraries/,
  ],
  [
    'one that is older than its headers',
    [full({ version: '10.15.1', problem: 'older than the headers' })],
    {},
    /TensorRT 10\.15\.1 in .* older than the headers/,
    /version 10\.16 or later/,
  ],
  ['no parser', [full({ parserPath: null })], {}, /parser of TensorRT 10\.16\.1/, /Install the parser/],
  [
    'no builder resource for the GPU',
    [full({ builderResources: ['libnvinfer_builder_resource_sm86.so.10.16.1'] })],
    {},
    /no builder resource for NVIDIA L4 \(sm89\).*sm86/,
    /builder_resource_sm89/,
  ],
  [
    'a GPU that TensorRT-RTX does not list',
    [fakeLibrary()],
    { devices: [fakeDevice({ name: 'NVIDIA A100', computeCapability: '8.0' })] },
    /does not list the compute capability 8\.0 of NVIDIA A100 .*7\.5, 8\.6, 8\.9, 12\.0, 12\.1/,
    /Install full TensorRT/,
  ],
  [
    'a GPU older than Turing',
    [full()],
    { devices: [fakeDevice({ name: 'Tesla V100', computeCapability: '7.0' })] },
    /does not support the compute capability 7\.0/,
    /Turing/,
  ],
  ['a driver for CUDA 11', [fakeLibrary()], { driverVersion: 11_080 }, /needs a driver for CUDA 12.*11\.8/, /r525/],
  ['a driver for CUDA 12', [fakeLibrary()], { driverVersion: 12_080 }, /needs a driver for CUDA 13.*12\.8/, /r580/],
])('explains TensorRT (fake): %s', (_title, libraries, cuda, problem, remedy) => {
  const report = probe(fakeCuda(cuda), libraries);
  expect(report.access).toBe(false);
  expect(report.problems[0]?.problem).toMatch(problem);
  expect(report.problems[0]?.remedy).toMatch(remedy);
});

it.each<[string, TensorRtLibrary[], Partial<CudaProbe>, string]>([
  ['full TensorRT before RTX', [fakeLibrary(), full()], {}, '10.16.1'],
  [
    'the newer of two',
    [full(), full({ version: '11.1.0', builderResources: ['libnvinfer_builder_resource_sm89.so.11.1.0'] })],
    {},
    '11.1.0',
  ],
  [
    'RTX where full TensorRT lacks the resource of the GPU',
    [full({ builderResources: [] }), fakeLibrary()],
    {},
    '1.7.1',
  ],
  [
    'one file of resources for all',
    [full({ builderResources: ['libnvinfer_builder_resource.so.10.4.0'] })],
    {},
    '10.16.1',
  ],
  [
    'PTX for a GPU younger than the library',
    [full({ builderResources: ['libnvinfer_builder_resource_ptx.so.10.16.1'] })],
    { devices: [fakeDevice({ computeCapability: '13.0' })] },
    '10.16.1',
  ],
  [
    'a second GPU that can',
    [fakeLibrary()],
    { devices: [fakeDevice({ computeCapability: '9.0' }), fakeDevice({ index: 1 })] },
    '1.7.1',
  ],
])('prefers (fake): %s', (_title, libraries, cuda, version) => {
  const report = probe(fakeCuda(cuda), libraries);
  expect(report).toMatchObject({ access: true, problems: [] });
  expect(report.devices.find(({ library }) => library !== null)?.library?.version).toBe(version);
  expect(report.summary).toContain(version);
});

it('blames HORNET_CUDA_LIBRARY where that is what cannot be loaded (fake)', () => {
  const report = probeGpu({ addon: { addon: createFakeGpuAddon() }, facts: plainHost, cudaLibrary: '/x/libcuda.so.1' });
  expect(report.problems[0]).toMatchObject({
    problem: expect.stringContaining('HORNET_CUDA_LIBRARY is /x/libcuda.so.1'),
    remedy: expect.stringContaining('unset it'),
  });
});

it('does not speak of other libraries where one can be used and only the GPU is missing (fake)', () => {
  const { problems } = probe(noCuda, [full({ problem: 'older than the headers' }), fakeLibrary()]);
  expect(problems.map(({ subject }) => subject)).toEqual(['driver']);
});

it('takes a library built for CUDA 12 with a driver for CUDA 12 (fake)', () => {
  expect(probe(fakeCuda({ driverVersion: 12_040 }), [fakeLibrary()], {}, 12).access).toBe(true);
  expect(probe(fakeCuda({ driverVersion: 12_040 }), [fakeLibrary()], {}, null).access).toBe(true);
});

it('says so when the addon is not built', () => {
  const addon = { addon: null, problem: 'The native addon is not loaded.', remedy: 'Build it.' } as const;
  expect(probeGpu({ addon })).toMatchObject({
    access: false,
    problems: [{ subject: 'addon', problem: 'The native addon is not loaded.', remedy: 'Build it.' }],
  });
  expect(hasGpuAccess({ addon })).toBe(false);
});

it('says so when the addon was built without headers (fake)', () => {
  const addon = { ...createFakeGpuAddon({ cuda: fakeCuda(), libraries: [] }), tensorRtHeaders: [] };
  const report = probeGpu({ addon: { addon }, facts: plainHost });
  expect(report.problems[0]).toMatchObject({
    subject: 'addon',
    remedy: expect.stringContaining('fetch-tensorrt-headers'),
  });
});

it('prints a report for people (fake)', () => {
  const text = describeGpuReport(probe(noCuda, [fakeLibrary()], { container: true }));
  expect(text).toMatch(/^GPU access: no\.\n\n {2}- No NVIDIA driver was found/);
  expect(text).toContain('--gpus all');
  expect(text).toContain('TensorRT  TensorRT-RTX 1.7.1, /fake/libtensorrt_rtx.so.1');
  expect(text).toContain('builds ahead of time');
  const yes = describeGpuReport(probe(fakeCuda()));
  expect(yes).toMatch(/^GPU access: yes\. This process can use NVIDIA L4 with TensorRT-RTX 1\.7\.1\./);
  expect(yes).toContain('Driver    CUDA 13.0, libcuda.so.1');
  expect(yes).toContain('Devices   0: NVIDIA L4, compute capability 8.9, 24.0 GiB');
});

it('answers on this machine, whatever it has, and fast', () => {
  const report = probeGpu();
  let fastestMs = report.durationMs;
  // The first one may wait for the disk, any for the processor.
  for (let run = 0; run < 5 && fastestMs >= 2000; run++) fastestMs = Math.min(fastestMs, probeGpu().durationMs);
  expect(fastestMs).toBeLessThan(2000);
  expect(hasGpuAccess()).toBe(report.access);
  for (const { problem, remedy } of report.problems) {
    expect(problem).toMatch(/[.)]$/);
    expect(remedy).toMatch(/[.)]$/);
  }
});

it('looks in the given folders first, then in what was fetched, and in "lib" below each', () => {
  const root = mkdtempSync(join(tmpdir(), 'hornet-search-'));
  mkdirSync(join(root, 'build/tensorrt-libraries/rtx'), { recursive: true });
  mkdirSync(join(root, 'build/tensorrt-libraries/.half'));
  mkdirSync(join(root, 'given/lib'), { recursive: true });
  expect(librarySearch({ cudaLibrary: '', tensorRtPath: `${root}/given:/other` }, root)).toEqual({
    cudaLibrary: null,
    tensorRtFolders: [`${root}/given`, `${root}/given/lib`, '/other', `${root}/build/tensorrt-libraries/rtx`],
  });
  expect(librarySearch({ cudaLibrary: '/x/libcuda.so.1', tensorRtPath: '' }, join(root, 'nothing'))).toEqual({
    cudaLibrary: '/x/libcuda.so.1',
    tensorRtFolders: [],
  });
  rmSync(root, { recursive: true });
});

it('reads the CUDA version that a library was built with, also across the parts that it reads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hornet-cuda-'));
  const path = join(folder, 'lib.so');
  const size = 20 << 20;
  for (const at of [0, size - (8 << 20) - 10, size - 60]) {
    const bytes = Buffer.alloc(size);
    bytes.write('Cuda compilation tools, release 13.4, V13.4.59', at);
    writeFileSync(path, bytes);
    expect(readCudaMajor(path), String(at)).toBe(13);
  }
  writeFileSync(path, 'nothing of the kind');
  expect(readCudaMajor(path)).toBeNull();
  expect(readCudaMajor(join(folder, 'missing'))).toBeNull();
  rmSync(folder, { recursive: true });
});
