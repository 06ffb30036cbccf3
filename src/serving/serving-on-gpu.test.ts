import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeGpuAddon, fakeCuda, fakeDevice, fakeLibrary, noCuda } from '../../test/engine/fake-gpu-addon.mjs';
import { codedError, createFakeEngines } from '../../test/engine/fake-native-engine.mjs';
import { makeTestVolume, type TestVolume } from '../engine/engine-request.test-support.js';
import { decodeImage } from '../image/decode-image.js';
import { planPreprocessing } from '../image/preprocess-plan.js';
import { preprocessReference } from '../image/preprocess-reference.js';
import type { Logger } from '../logging/create-logger.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import { packageRoot } from '../package-info.js';
import { Serving } from './serving.js';
import type { ServingOptions } from './serving-options.js';

const image = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));
const onL4 = { cuda: fakeCuda() };

let volume: TestVolume;
let open: Serving[];
beforeEach(() => {
  volume = makeTestVolume();
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((serving) => serving.close()));
  volume.remove();
});

interface Observed {
  readonly serving: Serving;
  /** States, in order, and what the log said. */
  readonly states: string[];
  readonly lines: string[];
  readonly events: Record<string, unknown>[];
}

/** A serving of the copy of the sample model on a FAKE of the GPU. */
function serve(fake: Parameters<typeof createFakeGpuAddon>[0], changes: Partial<ServingOptions> = {}): Observed {
  const lines: string[] = [];
  const events: Record<string, unknown>[] = [];
  const write = (fields: Record<string, unknown>, line: string): void => {
    lines.push(line);
    events.push(fields);
  };
  const { reference, hub, home, baked, libraries } = volume.request();
  const serving = new Serving({
    reference,
    backend: 'tensorrt',
    dtype: 'auto',
    maxBatch: 4,
    cpuThreads: 0,
    cpuWorkers: 0,
    cpuNice: 0,
    maxQueue: 128,
    maxQueueBytes: 2 ** 28,
    maxDelayMs: 0,
    memory: 'preload',
    unloadAfterMs: 0,
    topK: 3,
    decode: 'exact',
    maxBytes: 2 ** 20,
    maxPixels: 2 ** 20,
    hub,
    forceDownload: false,
    home,
    baked,
    forceBuild: false,
    keepStale: false,
    prepare: 'auto',
    libraries,
    log: { debug: write, info: write, warn: write, error: write } as unknown as Logger,
    parts: { gpu: { addon: createFakeGpuAddon(fake) }, sleep: async () => {} },
    ...changes,
  });
  open.push(serving);
  return {
    serving,
    lines,
    events,
    get states(): string[] {
      return events.filter(({ event }) => event === 'serving.state').map(({ state }) => String(state));
    },
  };
}

describe('Serving on a fake of the GPU', () => {
  it('builds the engine at first boot, then finds it', async () => {
    const first = serve({ ...onL4, stepMs: 10 });
    const percents = new Set<number>();
    const loading = first.serving.load();
    const timer = setInterval(() => {
      const { state, percent } = first.serving.status;
      if (state === 'building' && percent !== null) percents.add(percent);
    }, 2);
    await loading;
    clearInterval(timer);
    expect(first.states).toEqual(['verifying', 'building', 'loading', 'warming', 'ready']);
    expect(percents.size).toBeGreaterThan(2);
    expect(first.lines).toContain('Node has CUDA GPU access! Starting serving my-digits.');
    expect(first.lines).toContain('Serving my-digits runs on GPU 0 (NVIDIA L4, TensorRT-RTX 1.7.1)');
    expect(first.serving.status).toMatchObject({
      state: 'ready',
      backend: 'tensorrt',
      devices: [{ index: 0, name: 'NVIDIA L4', computeCapability: '8.9', library: 'TensorRT-RTX 1.7.1' }],
      message: null,
      error: null,
    });
    const second = serve(onL4);
    await second.serving.load();
    expect(second.states).toEqual(['verifying', 'loading', 'warming', 'ready']);
    const forced = serve(onL4, { forceBuild: true });
    await forced.serving.load();
    expect(forced.states).toContain('building');
  });

  it('tells of engines that were built, found, or neither, and of each load', async () => {
    const told = async (
      fake: Parameters<typeof serve>[0],
      changes?: Parameters<typeof serve>[1],
    ): Promise<unknown[]> => {
      const { serving } = serve(fake, changes);
      const events: unknown[] = [];
      serving.events.on('engine', (event) => events.push(event)).on('load', (event) => events.push(event));
      await serving.load().catch(() => {});
      return events;
    };
    const common = { serving: 'my-digits', durationMs: expect.any(Number) };
    const loaded = { ...common, errorCode: null };
    expect(await told({ ...onL4, stepMs: 1 })).toEqual([{ ...common, outcome: 'built', errorCode: null }, loaded]);
    expect(await told(onL4)).toEqual([{ ...common, outcome: 'fresh', errorCode: null }, loaded]);
    const failing = { ...onL4, fail: () => codedError('ERR_TENSORRT_BUILD_FAILED', 'No.') };
    const errorCode = 'ERR_TENSORRT_BUILD_FAILED';
    expect(await told(failing, { forceBuild: true })).toEqual([
      { ...common, outcome: 'failed', errorCode },
      { ...common, errorCode },
    ]);
  });

  it('fills slots with the pixels as bytes, and ranks what comes back', async () => {
    const engines = createFakeEngines();
    const { serving } = serve({ ...onL4, engines });
    await serving.load();
    const { labels } = await serving.classify(image);
    expect(labels.map(({ label }) => label)).toEqual(['9', '8', '7']);
    const { processor } = await loadModelFolder(volume.modelFolder);
    const rgb = await decodeImage(image, {
      maxBytes: 2 ** 20,
      maxPixels: 2 ** 20,
      mode: 'exact',
      targetEdge: undefined,
    });
    const expected = new Uint8Array(28 * 28 * 3);
    preprocessReference(rgb.data, planPreprocessing(processor, rgb, { dtype: 'uint8', layout: 'NHWC' }), expected);
    const [engine] = engines.engines;
    const rows = engine?.slots.map(({ input }) => Buffer.from(input.subarray(0, expected.length)));
    expect(rows?.some((row) => row.equals(expected))).toBe(true);
  });

  it('builds one engine for each kind of GPU and runs on all of them', async () => {
    const engines = createFakeEngines();
    const built: number[][] = [];
    const devices = [
      fakeDevice(),
      fakeDevice({ index: 1, name: 'NVIDIA A10', computeCapability: '8.6' }),
      fakeDevice({ index: 2 }),
    ];
    const onBuild = ({ computeCapabilities }: { computeCapabilities: readonly number[] }): void => {
      built.push([...computeCapabilities]);
    };
    const { serving } = serve({ cuda: fakeCuda({ devices }), engines, onBuild });
    await serving.load();
    expect(built).toEqual([[89], [86]]);
    expect(serving.status.devices.map(({ index }) => index)).toEqual([0, 1, 2]);
    const caches = engines.attempts.map(({ runtimeCachePath }) => runtimeCachePath ?? '');
    expect(caches.every((path) => path.startsWith(join(volume.home, 'engines/')))).toBe(true);
    expect(caches.map((path) => /runtime-.*$/.exec(path)?.[0])).toEqual([
      'runtime-8.9-NVIDIA-L4.cache',
      'runtime-8.6-NVIDIA-A10.cache',
      'runtime-8.9-NVIDIA-L4.cache',
    ]);
  });

  it('keeps runtime caches of engines in an image on the volume', async () => {
    const built = serve(onL4, { home: volume.request().baked });
    await built.serving.load();
    const engines = createFakeEngines();
    const { serving, states } = serve({ ...onL4, engines });
    await serving.load();
    expect(states).not.toContain('building');
    expect(engines.attempts[0]?.runtimeCachePath).toMatch(
      new RegExp(`^${volume.home}/engines/\\.runtime/[0-9a-f]{16}-runtime-8\\.9-NVIDIA-L4\\.cache$`),
    );
  });

  it.each<[string, Parameters<typeof createFakeGpuAddon>[0]]>([
    ['ERR_TENSORRT_BUILD_FAILED', { fail: () => codedError('ERR_TENSORRT_BUILD_FAILED', 'no tactic') }],
    [
      'ERR_GPU_OUT_OF_MEMORY',
      { engines: createFakeEngines({ failLoad: () => codedError('ERR_GPU_OUT_OF_MEMORY', 'full') }) },
    ],
    [
      'ERR_BACKEND_RUN_FAILED',
      { engines: createFakeEngines({ failRun: () => codedError('ERR_BACKEND_RUN_FAILED', 'no') }) },
    ],
  ])('fails with %s where the GPU is insisted on, and goes to the CPU where it is not', async (code, fake) => {
    const strict = serve({ ...onL4, ...fake });
    await expect(strict.serving.load()).rejects.toMatchObject({ code });
    expect(strict.serving.status).toMatchObject({ state: 'failed', error: { code }, backend: null, devices: [] });
    const lenient = serve({ ...onL4, ...fake }, { backend: 'auto' });
    await lenient.serving.load();
    expect(lenient.serving.status).toMatchObject({
      state: 'ready',
      backend: 'onnxruntime',
      devices: [],
      message: expect.stringMatching(/^Runs on the CPU: /),
    });
    expect(lenient.lines.join('\n')).toMatch(
      /Serving my-digits runs on the CPU, because the GPU cannot be used for it/,
    );
    expect((await lenient.serving.classify(image)).labels[0]?.label).toBe('7');
  });

  it('stays out of service without a GPU where it is insisted on', async () => {
    const { serving, lines } = serve({ cuda: noCuda });
    await expect(serving.load()).rejects.toMatchObject({ code: 'ERR_GPU_MISSING' });
    expect(serving.status.state).toBe('no-gpu');
    expect(lines).toContain('Node does not have GPU access. Serving will NOT be started.');
  });

  it('goes to the CPU without a GPU where it is not', async () => {
    const { serving, lines } = serve({ cuda: noCuda }, { backend: 'auto' });
    await serving.load();
    expect(serving.status).toMatchObject({ backend: 'onnxruntime', message: null });
    expect(lines).toContain('Node does not have GPU access. Starting serving my-digits on the CPU.');
  });

  it('does not even look for one where the CPU is asked for', async () => {
    const { serving, lines } = serve(onL4, { backend: 'onnxruntime' });
    await serving.load();
    expect(serving.status).toMatchObject({ backend: 'onnxruntime' });
    expect(lines.join()).not.toContain('GPU');
  });

  it('builds a stored engine anew, once, when TensorRT refuses it', async () => {
    await serve(onL4).serving.load();
    const refuse = (after: number) => (_: unknown, attempt: number) =>
      attempt <= after ? codedError('ERR_TENSORRT_LOAD_FAILED', 'serialization mismatch') : undefined;
    const mended = serve({ ...onL4, engines: createFakeEngines({ failLoad: refuse(1) }) });
    await mended.serving.load();
    expect(mended.states).toEqual(['verifying', 'loading', 'verifying', 'building', 'loading', 'warming', 'ready']);
    expect(mended.lines).toContain('A stored engine cannot be used and is built anew: serialization mismatch');
    const hopeless = serve({ ...onL4, engines: createFakeEngines({ failLoad: refuse(9) }) });
    await expect(hopeless.serving.load()).rejects.toMatchObject({ code: 'ERR_TENSORRT_LOAD_FAILED' });
    expect(hopeless.states.filter((state) => state === 'building')).toHaveLength(1);
  });

  it('recovers a lost GPU, failing only the pictures in it, and is not ready meanwhile', async () => {
    let lost = false;
    let wake: (() => void) | undefined;
    const failRun = (): Error | undefined => (lost ? codedError('ERR_GPU_LOST', 'gone') : undefined);
    const fake = { ...onL4, engines: createFakeEngines({ failRun }) };
    const sleep = (): Promise<void> =>
      new Promise((resolve) => {
        wake = resolve;
      });
    const { serving } = serve(fake, { parts: { gpu: { addon: createFakeGpuAddon(fake) }, sleep } });
    await serving.load();
    lost = true;
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    lost = false;
    const held = serving.classify(image);
    await expect.poll(() => wake).toBeDefined();
    expect(serving.status).toMatchObject({ state: 'loading', devices: [], message: expect.stringContaining('lost') });
    const again: string[] = [];
    serving.events.on('state', ({ state }) => again.push(state));
    wake?.();
    expect((await held).labels).toHaveLength(3);
    expect(serving.status).toMatchObject({ state: 'ready', message: null });
    expect(again).toEqual(['ready']);
  });

  it('fails when a GPU is lost for good, frees what it held, and can be loaded again', async () => {
    let lost = false;
    const failure = (): Error | undefined => (lost ? codedError('ERR_GPU_LOST', 'gone') : undefined);
    const engines = createFakeEngines({ failRun: failure, failLoad: failure });
    const { serving } = serve({ ...onL4, engines });
    await serving.load();
    lost = true;
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    await expect.poll(() => serving.status).toMatchObject({ state: 'failed', error: { code: 'ERR_GPU_LOST' } });
    expect(() => serving.reserve({ images: 1, bytes: 0 })).toThrow(/lost for good/);
    expect(engines.engines.every(({ closed }) => closed)).toBe(true);
    lost = false;
    await serving.load();
    expect(serving.status.state).toBe('ready');
    const [classified] = await Promise.all([serving.classify(image), serving.close()]);
    expect(classified.labels).toHaveLength(3);
    expect(engines.engines.every(({ closed }) => closed)).toBe(true);
  });

  it('stops building when it is closed', async () => {
    const { serving } = serve({ ...onL4, stepMs: 50, libraries: [fakeLibrary()] });
    const loading = serving.load();
    await expect.poll(() => serving.status.state).toBe('building');
    await serving.close();
    await expect(loading).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
    expect(serving.status.state).toBe('unloaded');
  });
});
