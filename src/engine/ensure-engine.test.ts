import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeGpuAddon, fakeCuda, fakeDevice, fakeLibrary, noCuda } from '../../test/engine/fake-gpu-addon.mjs';
import { formatLockRecord } from '../locks/lock-record.js';
import { ownProcessIdentity, type ProcessIdentity } from '../locks/process-identity.js';
import type { NativeBuildOptions, ParserError } from '../native/tensorrt-types.js';
import type { EngineProgress, EngineRequest } from './engine-request.js';
import { makeTestVolume, type TestVolume } from './engine-request.test-support.js';
import { ensureEngine } from './ensure-engine.js';
import { runtimeCacheName } from './runtime-cache.js';

let volume: TestVolume;
beforeEach(() => {
  volume = makeTestVolume();
});
afterEach(() => volume.remove());

/** Every file below the engines with its time of change: what "nothing written" is compared by. */
function listing(home: string): string[] {
  const root = join(home, 'engines');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${statSync(join(root, name)).mtimeMs}`)
    .sort();
}

const engineFolders = (home: string): string[] => listing(home).filter((entry) => /^[^/]+\/[0-9a-f]{64} /.test(entry));

describe('with a fake of the native part', () => {
  it('builds an engine, then finds it fresh and writes nothing', async () => {
    const first = await ensureEngine(volume.request());
    expect(first).toMatchObject({ outcome: 'built', reasons: [], pruned: [], engine: { source: 'volume' } });
    const { folder, planPath, record } = first.engine;
    expect(folder).toMatch(/\/engines\/my-digits-[0-9a-f]{8}\/[0-9a-f]{64}$/);
    expect(readdirSync(folder).sort()).toEqual([record.plan.file, 'engine.json'].sort());
    expect(planPath).toBe(join(folder, `${record.plan.sha256}.plan`));
    expect(record.fingerprint).toMatchObject({
      precision: 'fp32',
      tensorrt: { flavour: 'tensorrt-rtx', version: '1.7.1' },
      hardware: { kind: 'targets', computeCapabilities: ['8.9'] },
      profile: { min: 1, opt: 4, max: 4 },
    });
    const before = listing(volume.home);
    let builds = 0;
    const addon = createFakeGpuAddon({ onBuild: () => builds++ });
    const second = await ensureEngine(volume.request({}, addon));
    expect(second).toMatchObject({ outcome: 'fresh', engine: { planPath } });
    expect(listing(volume.home)).toEqual(before);
    expect(builds).toBe(0);
  });

  it('hands the prepared graph and a profile to the builder', async () => {
    let seen: NativeBuildOptions | undefined;
    const addon = createFakeGpuAddon({
      onBuild: (options) => {
        seen = options;
        expect(existsSync(options.onnxPath)).toBe(true);
      },
    });
    await ensureEngine(volume.request({ targets: ['sm89', 'sm86', '8.6'], maxBatch: 16 }, addon));
    expect(seen?.computeCapabilities).toEqual([86, 89]);
    expect(seen?.profile?.min.slice(1)).toEqual(seen?.profile?.max.slice(1));
    expect([seen?.profile?.min[0], seen?.profile?.opt[0], seen?.profile?.max[0]]).toEqual([1, 16, 16]);
    expect(seen?.profile?.max).toHaveLength(4);
    expect(seen?.profile?.max[3]).toBe(3);
  });

  it.each<[string, Partial<EngineRequest>, string | undefined, (volume: TestVolume) => void, RegExp]>([
    ['the batch', { maxBatch: 8 }, undefined, () => {}, /^largest batch 8 instead of 4$|largest batch 8 instead of 4/],
    [
      'the file',
      {},
      undefined,
      // A field that protobuf does not know, which nobody reads.
      ({ modelFolder }) => appendFileSync(join(modelFolder, 'onnx/model.onnx'), Buffer.from([0xfa, 0x3e, 0x01, 0x00])),
      /^the ONNX file has changed$/,
    ],
    [
      'the dtype',
      { dtype: 'fp16' },
      undefined,
      ({ modelFolder }) => cpSync(join(modelFolder, 'onnx/model.onnx'), join(modelFolder, 'onnx/model_fp16.onnx')),
      /^dtype fp16 instead of fp32$/,
    ],
    ['the version of TensorRT', {}, '1.8.0', () => {}, /^version of TensorRT-RTX 1\.8\.0 instead of 1\.7\.1$/],
    [
      'a flag of the builder',
      { builder: { optimizationLevel: 5 } },
      undefined,
      () => {},
      /^optimization level 5 instead of the default$/,
    ],
    [
      'the normalisation',
      {},
      undefined,
      ({ modelFolder }) => {
        const path = join(modelFolder, 'preprocessor_config.json');
        const config = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
        writeFileSync(path, JSON.stringify({ ...config, do_rescale: true, rescale_factor: 0.0042 }));
      },
      /^the normalisation in preprocessor_config\.json has changed$/,
    ],
  ])(
    'builds again when %s has changed, says why, and removes the old one',
    async (_what, changes, version, prepare, why) => {
      const { engine: old } = await ensureEngine(volume.request());
      prepare(volume);
      const libraries = [fakeLibrary(version === undefined ? {} : { version })];
      let oldDuringBuild = false;
      const addon = createFakeGpuAddon({
        libraries,
        onBuild: () => {
          oldDuringBuild = existsSync(old.planPath);
        },
      });
      const result = await ensureEngine(volume.request(changes, addon));
      expect(result.outcome).toBe('built');
      expect(result.reasons.join('; ')).toMatch(why);
      expect(oldDuringBuild).toBe(true);
      expect(result.pruned).toMatchObject([{ folder: old.folder }]);
      expect(engineFolders(volume.home)).toHaveLength(1);
      expect(await ensureEngine(volume.request(changes, addon))).toMatchObject({ outcome: 'fresh' });
    },
  );

  it('keeps the old one until the new one is in place, also when the build fails', async () => {
    const { engine: old } = await ensureEngine(volume.request());
    const fail = (): Error => Object.assign(new Error('out of memory'), { code: 'ERR_TENSORRT_BUILD_FAILED' });
    await expect(ensureEngine(volume.request({ maxBatch: 8 }, createFakeGpuAddon({ fail })))).rejects.toMatchObject({
      code: 'ERR_TENSORRT_BUILD_FAILED',
      message: 'TensorRT cannot build the engine: out of memory.',
    });
    expect(existsSync(old.planPath)).toBe(true);
    expect(engineFolders(volume.home)).toHaveLength(1);
    expect(await ensureEngine(volume.request())).toMatchObject({ outcome: 'fresh' });
  });

  it('keeps stale engines when it is told to, and those for other hardware always', async () => {
    await ensureEngine(volume.request());
    const kept = await ensureEngine(volume.request({ maxBatch: 8, keepStale: true }));
    expect(kept).toMatchObject({ outcome: 'built', pruned: [] });
    expect(engineFolders(volume.home)).toHaveLength(2);
    const other = await ensureEngine(volume.request({ targets: ['sm86'] }));
    expect(other).toMatchObject({ outcome: 'built', reasons: [], pruned: [] });
    expect(engineFolders(volume.home)).toHaveLength(3);
  });

  it('finds an engine for several targets fresh for one of them', async () => {
    const { engine } = await ensureEngine(volume.request({ targets: ['sm86', 'sm89'] }));
    expect(await ensureEngine(volume.request({ targets: ['sm86'] }))).toMatchObject({ outcome: 'fresh', engine });
    const gpu = createFakeGpuAddon({ cuda: fakeCuda() });
    expect(await ensureEngine(volume.request({ targets: [] }, gpu))).toMatchObject({ outcome: 'fresh', engine });
  });

  it('builds again over fresh ones with force', async () => {
    await ensureEngine(volume.request());
    const forced = await ensureEngine(volume.request({ force: true }));
    expect(forced).toMatchObject({ outcome: 'built', reasons: ['a new build was asked for'] });
    expect(engineFolders(volume.home)).toHaveLength(1);
  });

  it.each<[string, (planPath: string) => void, RegExp]>([
    ['with other bytes', (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)), /another content/],
    ['cut off', (path) => writeFileSync(path, 'x'), /has 1 bytes, its record says 6400/],
    ['missing', (path) => rmSync(path), /is missing/],
    ['without a readable record', (path) => writeFileSync(join(path, '../engine.json'), '{"format":'), /engine\.json/],
  ])('replaces an engine whose plan is %s', async (_what, damage, why) => {
    const { engine } = await ensureEngine(volume.request());
    damage(engine.planPath);
    const again = await ensureEngine(volume.request());
    expect(again).toMatchObject({ outcome: 'built', engine: { planPath: engine.planPath } });
    expect(again.reasons.join()).toMatch(why);
    expect(readdirSync(engine.folder)).toHaveLength(2);
    expect(await ensureEngine(volume.request())).toMatchObject({ outcome: 'fresh' });
  });

  it('keeps the runtime cache of TensorRT-RTX beside the engine, and nothing else', async () => {
    const { engine } = await ensureEngine(volume.request());
    const cache = join(engine.folder, runtimeCacheName(fakeDevice()));
    writeFileSync(cache, 'kernels');
    writeFileSync(join(engine.folder, 'leftover'), 'x');
    expect(await ensureEngine(volume.request())).toMatchObject({ outcome: 'fresh' });
    expect(readdirSync(engine.folder).sort()).toEqual([engine.record.plan.file, 'engine.json', basename(cache)].sort());
    // It goes with the engine.
    await ensureEngine(volume.request({ maxBatch: 8 }));
    expect(existsSync(engine.folder)).toBe(false);
  });

  it('removes the locks that killed builds left, also beside no engine, and none of a living process', async () => {
    const { engine } = await ensureEngine(volume.request());
    const absent = join(engine.folder, '..', '0'.repeat(64));
    const held = join(engine.folder, '..', `${'1'.repeat(64)}.lock`);
    const self = ownProcessIdentity();
    // This process's pid, started at another time: the pid was given away again, so its holder is dead.
    const dead: ProcessIdentity = { ...self, startTime: '1' };
    const plant = (path: string, holder: ProcessIdentity): void =>
      writeFileSync(path, formatLockRecord({ ...holder, id: '77', createdAt: new Date().toISOString() }));
    plant(`${engine.folder}.lock`, dead);
    plant(`${absent}.lock`, dead);
    plant(`${absent}.lock.66.claim`, dead);
    plant(held, self);
    expect(await ensureEngine(volume.request())).toMatchObject({ outcome: 'fresh', engine, pruned: [] });
    expect(readdirSync(join(engine.folder, '..')).sort()).toEqual([basename(held), basename(engine.folder)].sort());
    // A claim may also be all that is left.
    plant(`${engine.folder}.lock.66.claim`, dead);
    rmSync(held);
    expect(await ensureEngine(volume.request())).toMatchObject({ outcome: 'fresh', engine });
    expect(readdirSync(join(engine.folder, '..'))).toEqual([basename(engine.folder)]);
  });

  it('takes what the image carries, and never writes there', async () => {
    const request = volume.request();
    await ensureEngine({ ...request, home: request.baked });
    const before = listing(request.baked);
    expect(await ensureEngine(request)).toMatchObject({ outcome: 'fresh', engine: { source: 'baked' } });
    expect(listing(volume.home)).toEqual([]);
    // Another batch: built on the volume, and the image stays as it is.
    expect(await ensureEngine({ ...request, maxBatch: 8 })).toMatchObject({ outcome: 'built', pruned: [] });
    expect(listing(request.baked)).toEqual(before);
  });

  it('builds for the GPU with full TensorRT, under the name of the GPU', async () => {
    const libraries = [
      fakeLibrary(),
      fakeLibrary({
        flavour: 'tensorrt',
        headers: '10',
        version: '10.16.1',
        builderResources: ['libnvinfer_builder_resource_sm90.so.10.16.1'],
      }),
    ];
    const devices = [fakeDevice(), fakeDevice({ index: 1, name: 'NVIDIA H100 80GB HBM3', computeCapability: '9.0' })];
    let seen: NativeBuildOptions | undefined;
    const addon = createFakeGpuAddon({
      cuda: fakeCuda({ devices }),
      libraries,
      onBuild: (options) => {
        seen = options;
      },
    });
    const onH100 = await ensureEngine(volume.request({ targets: [], device: 1 }, addon));
    expect(onH100.engine.record.fingerprint).toMatchObject({
      tensorrt: { flavour: 'tensorrt', version: '10.16.1' },
      hardware: { kind: 'gpu', name: 'NVIDIA H100 80GB HBM3', computeCapability: '9.0' },
    });
    expect(seen).toMatchObject({ device: 1, computeCapabilities: [] });
    const onL4 = await ensureEngine(volume.request({ targets: [] }, addon));
    expect(onL4.engine.record.fingerprint.hardware).toEqual({ kind: 'targets', computeCapabilities: ['8.9'] });
    expect(engineFolders(volume.home)).toHaveLength(2);
    await expect(ensureEngine(volume.request({ targets: [], device: 7 }, addon))).rejects.toMatchObject({
      code: 'ERR_GPU_MISSING',
      message: 'There is no device 7; there is 0, 1.',
    });
  });

  it('refuses to build without a GPU and without a target', async () => {
    const addon = createFakeGpuAddon({ cuda: noCuda });
    await expect(ensureEngine(volume.request({ targets: [] }, addon))).rejects.toMatchObject({
      code: 'ERR_GPU_MISSING',
      message: expect.stringContaining('No NVIDIA driver was found'),
      remedy: expect.stringContaining('--target sm86,sm89'),
    });
  });

  it('refuses to build ahead of time without TensorRT-RTX', async () => {
    const addon = createFakeGpuAddon({ libraries: [fakeLibrary({ libraryPath: null, version: null, problem: 'no' })] });
    await expect(ensureEngine(volume.request({}, addon))).rejects.toMatchObject({
      code: 'ERR_TENSORRT_UNAVAILABLE',
      message: expect.stringContaining('needs TensorRT-RTX'),
    });
  });

  it('reports targets that NVIDIA does not list, and builds for them only when they are named', async () => {
    const { engine } = await ensureEngine(volume.request({ targets: ['sm80', 'sm86'] }));
    expect(engine.record.unlisted).toEqual(['8.0']);
  });

  it('tells how far it is, and never goes back', async () => {
    const told: EngineProgress[] = [];
    await ensureEngine(volume.request({ onProgress: (progress) => told.push(progress) }));
    const percents = told.map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect([percents[0], percents.at(-1)]).toEqual([0, 100]);
    expect(new Set(told.map(({ phase }) => phase))).toEqual(new Set(['checking', 'preparing', 'building', 'saving']));
    expect(new Set(percents).size).toBeGreaterThan(6);
  });

  it('stops when it is cancelled, and leaves nothing', async () => {
    const stop = new AbortController();
    const addon = createFakeGpuAddon({ stepMs: 10, onBuild: () => setTimeout(() => stop.abort(), 15) });
    await expect(ensureEngine(volume.request({ signal: stop.signal }, addon))).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
    expect(listing(volume.home).filter((entry) => !/^[^/]+ /.test(entry))).toEqual([]);
    await expect(ensureEngine(volume.request({ signal: stop.signal }))).rejects.toMatchObject({
      code: 'ERR_CANCELLED',
    });
  });

  it('notices a file that is exchanged during the build', async () => {
    const addon = createFakeGpuAddon({
      onBuild: () => appendFileSync(join(volume.modelFolder, 'onnx/model.onnx'), Buffer.from([0xfa, 0x3e, 0x01, 0x00])),
    });
    await expect(ensureEngine(volume.request({}, addon))).rejects.toThrow(
      'was changed while its engine was being built',
    );
    expect(engineFolders(volume.home)).toEqual([]);
  });

  it('puts the refusals of the parser into one sentence', async () => {
    const parserErrors: ParserError[] = ['DynamicQuantizeLinear', 'ConvInteger', 'ConvInteger'].map(
      (operator, index) => ({
        code: 6,
        description: 'No importer registered',
        node: `node_${index}`,
        operator,
      }),
    );
    const fail = (): Error =>
      Object.assign(new Error('the last error'), { code: 'ERR_TENSORRT_PARSE_FAILED', parserErrors });
    cpSync(join(volume.modelFolder, 'onnx/model.onnx'), join(volume.modelFolder, 'onnx/model_quantized.onnx'));
    const request = volume.request({ dtype: 'quantized' }, createFakeGpuAddon({ fail }));
    await expect(ensureEngine(request)).rejects.toMatchObject({
      code: 'ERR_TENSORRT_PARSE_FAILED',
      message:
        'model_quantized.onnx is dynamically quantized, which TensorRT cannot use: its parser refuses 3 nodes ' +
        '(2 ConvInteger, 1 DynamicQuantizeLinear); the first is "node_0" (DynamicQuantizeLinear): No importer registered.',
      remedy: 'Use --dtype fp32, which this model has too.',
    });
  });

  it('builds one engine for callers of one process that want it at the same time', async () => {
    let builds = 0;
    const addon = createFakeGpuAddon({ stepMs: 5, onBuild: () => builds++ });
    const results = await Promise.all([1, 2, 3].map(() => ensureEngine(volume.request({}, addon))));
    expect(builds).toBe(1);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['built', 'fresh', 'fresh']);
  });

  it('keeps a timing cache for each list of targets and version', async () => {
    const read: (string | null)[] = [];
    const addon = createFakeGpuAddon({
      onBuild: ({ timingCachePath }) => {
        const there = timingCachePath !== null && existsSync(timingCachePath);
        read.push(there ? readFileSync(timingCachePath, 'utf8') : null);
      },
    });
    await ensureEngine(volume.request({}, addon));
    await ensureEngine(volume.request({ maxBatch: 8 }, addon));
    await ensureEngine(volume.request({ targets: ['sm86'] }, addon));
    expect(read).toEqual([null, 'fake timings', null]);
    expect(readdirSync(join(volume.home, 'engines/.timing'))).toHaveLength(2);
  });
});
