import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { packageRoot } from '../package-info.js';
import { Serving } from './serving.js';
import type { ServingOptions } from './serving-options.js';
import { createSharedResources } from './shared-resources.js';
import { TestLoads } from './test-serving.test-support.js';

const image = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));

const gpu = { index: 0, name: 'L4', uuid: 'GPU-0', computeCapability: '8.9', library: 'TensorRT-RTX 1.7.1' };

let open: Serving[] = [];
afterEach(async () => {
  await Promise.all(open.map((serving) => serving.close()));
  open = [];
});

function serve(loads: TestLoads, changes: Partial<ServingOptions> = {}): Serving & { readonly states: string[] } {
  const serving = new Serving(loads.options(changes));
  open.push(serving);
  const states = [serving.status.state as string];
  serving.events.on('state', ({ state }) => states.push(state));
  return Object.assign(serving, { states });
}

async function loaded(loads: TestLoads, serving: Serving) {
  const loading = serving.load();
  const load = await loads.next();
  load.finish();
  await loading;
  return load;
}

describe('loading', () => {
  it('passes through its states, each published once', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    await loaded(loads, serving);
    expect(serving.states).toEqual(['pending', 'loading', 'warming', 'ready']);
    await serving.load();
    expect(loads.all).toHaveLength(1);
  });

  it('is begun by the first image where the serving is on demand, and the image waits for it', async () => {
    const loads = new TestLoads();
    const serving = serve(loads, { memory: 'on-demand' });
    expect(serving.status.state).toBe('unloaded');
    const answers = Promise.all([serving.classify(image), serving.classify(image)]);
    (await loads.next()).finish();
    expect((await answers).map(({ labels }) => labels)).toHaveLength(2);
    expect(loads.all).toHaveLength(1);
  });

  it('fails with a code, refuses images with it, and can be tried again', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    const loading = serving.load();
    (await loads.next()).fail(new HornetError('ERR_HUB_UNREACHABLE', 'No answer.'));
    await expect(loading).rejects.toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
    expect(serving.status).toMatchObject({ state: 'failed', error: { code: 'ERR_HUB_UNREACHABLE' }, residentBytes: 0 });
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
    await loaded(loads, serving);
    expect(serving.status).toMatchObject({ state: 'ready', error: null });
  });

  it('that failed is not tried again by images that were admitted before', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    const loading = serving.load();
    const place = serving.reserve({ images: 1, bytes: 0 });
    (await loads.next()).fail(new HornetError('ERR_HUB_UNREACHABLE', 'No answer.'));
    await expect(loading).rejects.toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
    await expect(serving.classify(image, {}, place)).rejects.toMatchObject({ code: 'ERR_HUB_UNREACHABLE' });
    place.release();
    expect(loads.all).toHaveLength(1);
  });
});

describe('unloading', () => {
  it('by hand answers what was admitted, then refuses until it is loaded by hand', async () => {
    const loads = new TestLoads({ backend: { held: true } });
    const serving = serve(loads);
    const { backend } = await loaded(loads, serving);
    const answer = serving.classify(image);
    const run = await backend.nextRun();
    const unloading = serving.unload();
    expect(serving.status.state).toBe('draining');
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_SERVING_UNLOADED' });
    expect(backend.closed).toBe(false);
    run.finish();
    await answer;
    await unloading;
    expect(backend.closed).toBe(true);
    expect(serving.status).toMatchObject({ state: 'unloaded', residentBytes: 0 });
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_SERVING_UNLOADED' });
    await loaded(loads, serving);
    expect(serving.status.state).toBe('ready');
  });

  it('for any other reason lets the next image load it again', async () => {
    const loads = new TestLoads({ held: false });
    const serving = serve(loads);
    await serving.load();
    const unloading = serving.unload('evicted');
    const answer = serving.classify(image);
    await unloading;
    await answer;
    expect(loads.all.map(({ backend }) => backend.closed)).toEqual([true, false]);
    expect(serving.states.slice(-5)).toEqual(['unloaded', 'pending', 'loading', 'warming', 'ready']);
  });

  it('by hand ends loading, and whoever waits for it is told', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    const answer = serving.classify(image);
    await loads.next();
    const refused = expect(answer).rejects.toMatchObject({ code: 'ERR_SERVING_UNLOADED' });
    await serving.unload();
    await refused;
    expect(serving.status).toMatchObject({ state: 'unloaded', error: null });
  });

  it('is taken back by loading while images are still answered', async () => {
    const loads = new TestLoads({ backend: { held: true } });
    const serving = serve(loads);
    const { backend } = await loaded(loads, serving);
    const answer = serving.classify(image);
    const run = await backend.nextRun();
    const unloading = serving.unload();
    await serving.load();
    expect(serving.status.state).toBe('ready');
    run.finish();
    await Promise.all([answer, unloading]);
    expect(serving.status.state).toBe('ready');
    expect(loads.all).toHaveLength(1);
  });

  it('followed by loading starts a load of its own', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    const first = serving.load();
    await loads.next();
    const refused = expect(first).rejects.toMatchObject({ code: 'ERR_SERVING_UNLOADED' });
    const unloading = serving.unload();
    const second = serving.load();
    (await loads.next()).finish();
    await Promise.all([refused, unloading, second]);
    expect(serving.status.state).toBe('ready');
  });
});

describe('replacing', () => {
  it('lets the old one answer until the new one is warm, and what is in it', async () => {
    // A GPU takes two runs at once, so that the new one's does not wait for the old one's.
    const loads = new TestLoads({ backend: { held: true, kind: 'tensorrt', devices: [gpu], resource: gpu.uuid } });
    const serving = serve(loads);
    const { backend: old } = await loaded(loads, serving);
    const replacing = serving.replace({ maxBatch: 2 });
    const next = await loads.next();
    expect(serving.status).toMatchObject({ state: 'ready', replacement: { state: 'loading', error: null } });
    const early = serving.classify(image);
    const earlyRun = await old.nextRun();
    next.finish();
    const lateRun = next.backend.nextRun();
    await expect.poll(() => serving.options.maxBatch).toBe(2);
    const late = serving.classify(image);
    (await lateRun).finish();
    await late;
    expect(old.closed).toBe(false);
    earlyRun.finish();
    await Promise.all([early, replacing]);
    expect(old.closed).toBe(true);
    expect(serving.status).toMatchObject({ state: 'ready', replacement: null });
    expect(serving.states).toEqual(['pending', 'loading', 'warming', 'ready']);
  });

  it('that fails leaves the old one as it was, and says so until the next one', async () => {
    const loads = new TestLoads({ held: true });
    const serving = serve(loads);
    await loaded(loads, serving);
    const replacing = serving.replace({ maxBatch: 2 });
    (await loads.next()).fail(new HornetError('ERR_MODEL_NOT_FOUND', 'It is not there.'));
    await expect(replacing).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' });
    expect(serving.status).toMatchObject({
      state: 'ready',
      replacement: { state: 'failed', error: { code: 'ERR_MODEL_NOT_FOUND' } },
    });
    expect(serving.options.maxBatch).toBe(4);
    await serving.classify(image);
  });

  it('that fails where nothing is loaded leaves the options as they were', async () => {
    const loads = new TestLoads();
    const serving = serve(loads, { memory: 'on-demand' });
    const replacing = serving.replace({ maxBatch: 2 });
    (await loads.next()).fail(new HornetError('ERR_MODEL_NOT_FOUND', 'It is not there.'));
    await expect(replacing).rejects.toMatchObject({ code: 'ERR_MODEL_NOT_FOUND' });
    expect(serving.options.maxBatch).toBe(4);
  });

  it('takes the place of one that is lost meanwhile', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    const { hooks } = await loaded(loads, serving);
    const replacing = serving.replace({ maxBatch: 2 });
    const next = await loads.next();
    hooks.onFailed(new HornetError('ERR_GPU_LOST', 'It fell off the bus.'));
    const loading = serving.load();
    next.finish();
    await Promise.all([replacing, loading]);
    expect(loads.all.map(({ backend }) => backend.closed)).toEqual([true, false]);
    expect(serving.options.maxBatch).toBe(2);
  });

  it('is refused while another one goes on, and for what has no revisions', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    await loaded(loads, serving);
    await expect(serving.replace({ revision: 'v2' })).rejects.toMatchObject({ code: 'ERR_PARAMETER_INVALID' });
    const replacing = serving.replace({});
    await expect(serving.replace({})).rejects.toMatchObject({ code: 'ERR_SERVING_BUSY' });
    (await loads.next()).finish();
    await replacing;
  });

  it('by what is to be built anew builds it once, not each time that it is loaded', async () => {
    const loads = new TestLoads({ held: false });
    const serving = serve(loads, { forceDownload: true });
    await serving.load();
    await serving.replace({ forceBuild: true });
    await serving.unload('idle');
    await serving.load();
    const asked = loads.all.map(({ options: { forceDownload, forceBuild } }) => [forceDownload, forceBuild]);
    expect(asked).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
  });

  it('loads with the changes where nothing is loaded', async () => {
    const loads = new TestLoads({ held: false });
    const serving = serve(loads, { memory: 'on-demand' });
    await serving.replace({ maxBatch: 3 });
    expect(loads.all.map(({ options }) => options.maxBatch)).toEqual([3]);
    expect(serving.status.state).toBe('ready');
  });
});

describe('a backend that fails for good', () => {
  it('makes the serving fail with its code, is closed, and is loaded anew', async () => {
    const loads = new TestLoads();
    const serving = serve(loads);
    const { backend, hooks } = await loaded(loads, serving);
    hooks.onFailed(new HornetError('ERR_GPU_LOST', 'It fell off the bus.'));
    expect(serving.status).toMatchObject({ state: 'failed', error: { code: 'ERR_GPU_LOST' } });
    await expect(serving.classify(image)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    await loaded(loads, serving);
    expect(backend.closed).toBe(true);
    await serving.classify(image);
  });
});

describe('several images', () => {
  it('are answered in their order, and all fail with the first one that fails', async () => {
    const serving = serve(new TestLoads({ held: false }));
    const other = readFileSync(join(packageRoot, 'test/pictures/digit-1.png'));
    const [[one], [two]] = await Promise.all([serving.classifyMany([image]), serving.classifyMany([other])]);
    const results = await serving.classifyMany([other, image, other, image, image]);
    expect(results.map(({ labels }) => labels)).toEqual([two, one, two, one, one].map((result) => result?.labels));
    await expect(serving.classifyMany([image, image.subarray(0, 99), image])).rejects.toMatchObject({
      code: 'ERR_IMAGE_UNDECODABLE',
      details: { index: 1 },
    });
    const reason = new Error('enough');
    await expect(serving.classifyMany([image], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(serving.inFlight).toBe(0);
  });
});

it('whatever is done to it in whatever order: each image gets one answer, and nothing is left', async () => {
  // `finish`: the load that has waited longest is through; `lose`: all that are loaded are lost.
  const steps = ['classify', 'load', 'unload', 'idle', 'replace', 'lose', 'finish', 'finish', 'turn', 'turn'] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { maxLength: 40, size: 'max' }), async (played) => {
      const loads = new TestLoads();
      const resources = createSharedResources({ maxLoaded: 0, maxResidentBytes: 0 });
      const serving = new Serving(loads.options({ resources }));
      const doings: Promise<unknown>[] = [];
      let [asked, answered, finished] = [0, 0, 0];
      const doing = (promise: Promise<unknown>): void => void doings.push(promise.catch(expectOurs));
      const actions: Record<(typeof steps)[number], () => unknown> = {
        classify: () => {
          asked++;
          doing(serving.classify(image).finally(() => answered++));
        },
        load: () => doing(serving.load()),
        unload: () => doing(serving.unload()),
        // As the manager does it.
        idle: () => serving.inFlight === 0 && doing(serving.unload('idle')),
        replace: () => doing(serving.replace({})),
        lose: () => {
          for (const { hooks } of loads.all) hooks.onFailed(new HornetError('ERR_GPU_LOST', 'Gone.'));
        },
        finish: () => loads.all[finished++]?.finish(),
        turn: () => new Promise((resolve) => setImmediate(resolve)),
      };
      for (const step of played) await actions[step]();
      loads.release();
      await Promise.all(doings);
      expect(loads.all.filter(({ backend }) => !backend.closed).length).toBe(serving.loaded ? 1 : 0);
      await serving.close();
      expect(answered).toBe(asked);
      expect(serving.inFlight).toBe(0);
      expect(serving.status.state).toBe('unloaded');
      expect(resources.memory.report().residents).toEqual([]);
      expect(loads.all.every(({ backend }) => backend.closed)).toBe(true);
      expect(loads.all.flatMap(({ backend }) => backend.violations)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

function expectOurs(error: unknown): void {
  expect(error).toBeInstanceOf(HornetError);
  expect((error as HornetError).code).not.toBe('ERR_INTERNAL');
}
