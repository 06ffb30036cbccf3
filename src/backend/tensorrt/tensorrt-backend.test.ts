import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeGpuAddon, fakeDevice, fakeLibrary } from '../../../test/engine/fake-gpu-addon.mjs';
import { codedError, createFakeEngines, type FakeEnginesOptions } from '../../../test/engine/fake-native-engine.mjs';
import type { EngineResult } from '../../engine/engine-request.js';
import { makeTestVolume, type TestVolume } from '../../engine/engine-request.test-support.js';
import { ensureEngine } from '../../engine/ensure-engine.js';
import type { HornetError } from '../../errors/hornet-error.js';
import { graphBatches } from './engine-placement.js';
import { reloadDelaysMs } from './gpu-engine.js';
import { TensorRtBackend, type TensorRtOptions } from './tensorrt-backend.js';

let volume: TestVolume;
let built: EngineResult;
const open: TensorRtBackend[] = [];
beforeEach(async () => {
  volume = makeTestVolume();
  built = await ensureEngine(volume.request());
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((backend) => backend.close()));
  volume.remove();
});

/** A backend on so many GPUs, with waits that take no time and are written down. */
async function load(
  gpus: number,
  engines: ReturnType<typeof createFakeEngines>,
  options: Partial<TensorRtOptions> = {},
): Promise<{ backend: TensorRtBackend; waits: number[]; failures: HornetError[] }> {
  const waits: number[] = [];
  const failures: HornetError[] = [];
  const placements = Array.from({ length: gpus }, (_, index) => ({
    device: fakeDevice({ index }),
    library: fakeLibrary(),
    engine: built.engine,
    runtimeCachePath: null,
  }));
  const backend = await TensorRtBackend.load(built.model, placements, {
    addon: createFakeGpuAddon({ engines }),
    libraries: { cudaLibrary: '', tensorRtPath: '' },
    sleep: async (ms) => waits.push(ms),
    onFailed: (error) => failures.push(error),
    ...options,
  });
  open.push(backend);
  return { backend, waits, failures };
}

async function runOne(backend: TensorRtBackend, firstByte: number): Promise<Float32Array> {
  const slot = await backend.acquire();
  try {
    slot.bytes[0] = firstByte;
    return await slot.run(1);
  } finally {
    slot.release();
  }
}

/** A promise that is kept open until it is told. */
function makeGate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const lost = (): Error => codedError('ERR_GPU_LOST', 'cuEventSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS (700).');

describe('TensorRtBackend on a fake of the native part', () => {
  it('hands the record of the engine to the addon', async () => {
    const engines = createFakeEngines();
    await load(1, engines, { slots: 3 });
    const { record, planPath } = built.engine;
    expect(engines.attempts).toMatchObject([
      {
        planPath,
        planBytes: record.plan.bytes,
        planSha256: record.plan.sha256,
        device: 0,
        inputName: record.graph.inputName,
        outputName: 'logits',
        classes: 10,
        maxBatch: 4,
        slots: 3,
        graphBatches: [1, 2, 4],
      },
    ]);
    await load(1, engines, { graphs: false });
    expect(engines.attempts[1]?.graphBatches).toEqual([]);
  });

  it('gives scores that later runs leave alone', async () => {
    const { backend } = await load(1, createFakeEngines(), { slots: 1 });
    expect(backend).toMatchObject({ maxBatch: 4, classes: 10, slotCount: 1, kind: 'tensorrt' });
    const first = await runOne(backend, 7);
    await runOne(backend, 200);
    expect([...first.subarray(0, 2)]).toEqual([7, 8]);
    expect(first).toHaveLength(10);
  });

  it('keeps all GPUs busy', async () => {
    const engines = createFakeEngines();
    const { backend } = await load(2, engines);
    const slots = [await backend.acquire(), await backend.acquire()];
    await Promise.all(slots.map((slot) => slot.run(4)));
    expect(engines.engines.map(({ runs }) => runs)).toEqual([1, 1]);
    for (const slot of slots) slot.release();
  });

  it('loads a lost engine again, after its slots are back, while the other GPU goes on', async () => {
    let broken = true;
    const engines = createFakeEngines({
      failRun: ({ options }) => (broken && options.device === 0 ? lost() : undefined),
    });
    const { backend, waits, failures } = await load(2, engines);
    const held = await backend.acquire();
    const other = await backend.acquire();
    await expect(held.run(1)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    expect(backend.devices).toMatchObject([{ index: 1, library: 'TensorRT-RTX 1.7.1' }]);
    await expect(other.run(1)).resolves.toHaveLength(10);
    other.release();
    // Somebody may still be writing pictures into it.
    await runOne(backend, 1);
    expect(engines.engines[0]?.closed).toBe(false);
    broken = false;
    held.release();
    await expect.poll(() => backend.devices.length).toBe(2);
    expect(engines.engines[0]?.closed).toBe(true);
    expect([waits, failures]).toEqual([[reloadDelaysMs[0]], []]);
  });

  it('takes an engine that fails again and again for broken, and not one that fails once', async () => {
    let failing = 1;
    const engines = createFakeEngines({
      failRun: () => (failing-- > 0 ? codedError('ERR_BACKEND_RUN_FAILED') : undefined),
    });
    const { backend } = await load(1, engines);
    await expect(runOne(backend, 0)).rejects.toMatchObject({ code: 'ERR_BACKEND_RUN_FAILED' });
    await runOne(backend, 0);
    expect(engines.engines).toHaveLength(1);
    failing = 3;
    for (let run = 0; run < 3; run++) await expect(runOne(backend, 0)).rejects.toThrow();
    // Waits for the new one.
    await runOne(backend, 0);
    expect(engines.engines).toHaveLength(2);
  });

  it('gives up after a number of tries, and says so once the last GPU is gone', async () => {
    const engines = createFakeEngines({
      failLoad: (_, attempt) =>
        attempt > 2 ? codedError('ERR_GPU_OUT_OF_MEMORY', 'cuMemAlloc: no memory.') : undefined,
      failRun: lost,
    });
    const { backend, waits, failures } = await load(2, engines);
    await expect(runOne(backend, 0)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    await expect.poll(() => engines.attempts.length).toBe(2 + reloadDelaysMs.length);
    expect(failures).toEqual([]);
    await expect(runOne(backend, 0)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    const waiting = backend.acquire();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_GPU_OUT_OF_MEMORY' });
    expect(failures).toMatchObject([
      {
        code: 'ERR_GPU_OUT_OF_MEMORY',
        message: expect.stringMatching(/^The engine on GPU 1 .* loaded 5 times in vain: cuMemAlloc/),
      },
    ]);
    expect(waits).toEqual([...reloadDelaysMs, ...reloadDelaysMs]);
    await expect(backend.acquire()).rejects.toMatchObject({ code: 'ERR_GPU_OUT_OF_MEMORY' });
    expect(engines.engines.every(({ closed }) => closed)).toBe(true);
  });

  it('takes a GPU from which a batch does not come back for lost, for good where nothing can be freed either', async () => {
    const gate = makeGate();
    const engines = createFakeEngines({
      beforeRun: ({ options }) => (options.device === 0 ? gate.opened : undefined),
    });
    const { backend, failures } = await load(2, engines, { hangMs: 1 });
    const outcomes = await Promise.allSettled([runOne(backend, 0), runOne(backend, 7)]);
    expect(outcomes).toMatchObject([
      { reason: { code: 'ERR_GPU_LOST', message: expect.stringContaining('has not come back from GPU 0') } },
      { value: { 0: 7 } },
    ]);
    await expect.poll(() => backend.devices).toMatchObject([{ index: 1 }]);
    expect((await runOne(backend, 9))[0]).toBe(9);
    expect(failures).toEqual([]);
    gate.open();
  });

  it('fails where a batch does not come back from the only GPU', async () => {
    const gate = makeGate();
    const { backend, failures } = await load(1, createFakeEngines({ beforeRun: () => gate.opened }), { hangMs: 1 });
    const waiting = [runOne(backend, 0), runOne(backend, 0), runOne(backend, 0)].map((run) => run.catch(String));
    await expect
      .poll(() => failures)
      .toMatchObject([{ code: 'ERR_GPU_LOST', message: expect.stringContaining('freed') }]);
    expect((await Promise.all(waiting)).every((text) => String(text).includes('has not come back'))).toBe(true);
    expect(backend.available).toBe(false);
    await expect(backend.acquire()).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    gate.open();
  });

  it('takes it up again where what hangs has come back after all', async () => {
    const gate = makeGate();
    let isHanging = true;
    const engines = createFakeEngines({ beforeRun: () => (isHanging ? gate.opened : undefined) });
    const { backend, failures } = await load(1, engines, { hangMs: 200 });
    await expect(runOne(backend, 0)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    isHanging = false;
    gate.open();
    await expect.poll(() => backend.devices.length).toBe(1);
    expect((await runOne(backend, 9))[0]).toBe(9);
    expect(failures).toEqual([]);
  });

  it('does not load for ever an engine that loads and never runs', async () => {
    const engines = createFakeEngines({ failRun: lost });
    const { backend, failures } = await load(1, engines);
    for (let run = 0; run <= reloadDelaysMs.length; run++) {
      await expect(runOne(backend, 0)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    }
    await expect.poll(() => failures).toMatchObject([{ code: 'ERR_GPU_LOST' }]);
  });

  it('starts with the GPUs that work and tries the others again', async () => {
    const engines = createFakeEngines({
      failLoad: (_, attempt) => (attempt === 1 ? codedError('ERR_GPU_OUT_OF_MEMORY') : undefined),
    });
    const { backend } = await load(2, engines);
    await expect.poll(() => backend.devices.length).toBe(2);
  });

  it.each<[string, FakeEnginesOptions['failLoad']]>([
    ['ERR_GPU_LOST', lost],
    ['ERR_TENSORRT_LOAD_FAILED', (_, attempt) => (attempt === 2 ? codedError('ERR_TENSORRT_LOAD_FAILED') : undefined)],
  ])('fails with %s, leaving nothing loaded', async (code, failLoad) => {
    const engines = createFakeEngines(failLoad === undefined ? {} : { failLoad });
    await expect(load(2, engines)).rejects.toMatchObject({ name: 'HornetError', code });
    expect(engines.engines.every(({ closed }) => closed)).toBe(true);
  });

  it('refuses an engine for pictures of another size', async () => {
    const engines = createFakeEngines({ imageBytes: 3 });
    await expect(load(1, engines)).rejects.toMatchObject({ code: 'ERR_TENSORRT_LOAD_FAILED' });
    expect(engines.engines[0]?.closed).toBe(true);
  });

  it('stops loading when it is told to', async () => {
    const engines = createFakeEngines();
    const stop = new AbortController();
    const loading = load(1, engines, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(loading).rejects.toThrow('enough');
    expect(engines.engines.every(({ closed }) => closed)).toBe(true);
  });

  it('lets the batches in it finish when it is closed, and takes no more', async () => {
    const gate = makeGate();
    const engines = createFakeEngines({ beforeRun: () => gate.opened });
    const { backend } = await load(1, engines, { slots: 1 });
    const running = runOne(backend, 5);
    const waiting = backend.acquire();
    await Promise.resolve();
    const closing = backend.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
    expect(engines.engines[0]?.closed).toBe(false);
    gate.open();
    expect((await running)[0]).toBe(5);
    await closing;
    expect(engines.engines[0]?.closed).toBe(true);
    await expect(backend.acquire()).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
  });

  it('ends while it waits for a lost GPU', async () => {
    const engines = createFakeEngines({ failRun: lost });
    const sleep = (_ms: number, signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    const { backend, failures } = await load(1, engines, { sleep });
    await expect(runOne(backend, 0)).rejects.toMatchObject({ code: 'ERR_GPU_LOST' });
    await backend.close();
    expect(failures).toEqual([]);
  });
});

describe('graphBatches', () => {
  it.each([
    [1, [1]],
    [4, [1, 2, 4]],
    [6, [1, 2, 4, 6]],
    [32, [1, 2, 4, 8, 16, 32]],
  ])('has the powers of two up to %i, and that', (maxBatch, expected) => {
    expect(graphBatches(maxBatch)).toEqual(expected);
  });
});
