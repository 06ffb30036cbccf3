import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NativeEngineOptions } from '../../../src/native/tensorrt-types.js';
import {
  buildDigitsPlan,
  describeWithEngines,
  runCleanScenario,
  runScenario,
  standInLibrary,
} from './stand-in-engine.js';

interface Failure {
  readonly code: string;
  readonly message: string;
}

interface FaultsAnswer {
  readonly load: Failure | null;
  readonly runs: (Failure | null)[];
}

interface ArgumentsAnswer {
  readonly wrong: (Failure | null)[];
  readonly noFunction: Failure | null;
  readonly runs: (Failure | null)[];
}

describeWithEngines('an engine that fails', 'rtx', () => {
  let folder: string;
  let options: NativeEngineOptions;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-failures-'));
    ({ options } = await buildDigitsPlan('rtx', folder));
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const loadFailure = async (changes: Partial<NativeEngineOptions>, fail?: string): Promise<Failure | null> => {
    const env = fail === undefined ? {} : { STANDIN_FAIL: fail };
    const input = { options: { ...options, ...changes } };
    return (await runCleanScenario<FaultsAnswer>('faults', input, env)).load;
  };
  const faults = (fail: string, changes: Partial<NativeEngineOptions> = {}): Promise<FaultsAnswer> =>
    runCleanScenario<FaultsAnswer>('faults', { options: { ...options, ...changes } }, { STANDIN_FAIL: fail });

  it('refuses options of wrong types and sizes, and runs of wrong slots and counts', async () => {
    const wrong = [
      { planPath: 1 },
      { planSha256: 'ABC' },
      { planBytes: -1 },
      { device: 0.5 },
      { classes: 0 },
      { maxBatch: 0 },
      { slots: 0 },
      { slots: 65 },
      { graphBatches: [8, 4] },
      { graphBatches: [1, 4] },
      { runtimeCachePath: 5 },
      { library: null },
      { library: { ...options.library, headers: '9' } },
    ];
    const runs = [
      [-1, 1],
      [2, 1],
      [0, 0],
      [0, 9],
      [0.5, 1],
      [0, '1'],
      [null, 1],
    ];
    const answer = await runCleanScenario<ArgumentsAnswer>('arguments', { options, wrong, runs });
    expect(answer.wrong.map((failure) => failure?.code)).toEqual(wrong.map(() => 'ERR_NATIVE_ARGUMENT'));
    expect(answer.wrong[8]?.message).toBe('options.graphBatches must be ascending, with maxBatch as the last one');
    expect(answer.noFunction).toEqual({ code: 'ERR_NATIVE_ARGUMENT', message: 'onEvent must be a function' });
    expect(answer.runs.map((failure) => failure?.code)).toEqual([...runs, []].map(() => 'ERR_NATIVE_ARGUMENT'));
    expect(answer.runs.at(-1)?.message).toBe('slot 0 is running');
  });

  it('is ERR_ENGINE_DAMAGED where the plan is missing, of another size or of another hash', async () => {
    expect(await loadFailure({ planPath: join(folder, 'none.plan') })).toMatchObject({ code: 'ERR_ENGINE_DAMAGED' });
    const path = join(folder, 'damaged.plan');
    copyFileSync(options.planPath, path);
    truncateSync(path, options.planBytes - 1);
    expect(await loadFailure({ planPath: path })).toMatchObject({
      code: 'ERR_ENGINE_DAMAGED',
      message: `The engine ${path} has ${options.planBytes - 1} bytes instead of ${options.planBytes}.`,
    });
    const bytes = readFileSync(options.planPath);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const failure = await loadFailure({ planPath: path });
    expect(failure?.code).toBe('ERR_ENGINE_DAMAGED');
    expect(failure?.message).toContain(`instead of ${options.planSha256}`);
  });

  it('is ERR_TENSORRT_LOAD_FAILED with the words of TensorRT where that refuses a plan', async () => {
    const planPath = join(folder, 'no.plan');
    const bytes = Buffer.from('this is no plan at all, however long it is'.repeat(100));
    writeFileSync(planPath, bytes);
    const planSha256 = createHash('sha256').update(bytes).digest('hex');
    const failure = await loadFailure({ planPath, planBytes: bytes.length, planSha256 });
    expect(failure?.code).toBe('ERR_TENSORRT_LOAD_FAILED');
    expect(failure?.message).toMatch(/^TensorRT cannot create the engine of .*no\.plan: ./);
  });

  it('is ERR_TENSORRT_LOAD_FAILED where it is not of the shape that the options say', async () => {
    const messages: (string | undefined)[] = [];
    for (const changes of [
      { classes: 11 },
      { inputName: 'other' },
      { outputName: 'other' },
      { maxBatch: 9, graphBatches: [] },
    ]) {
      const failure = await loadFailure(changes);
      expect(failure?.code).toBe('ERR_TENSORRT_LOAD_FAILED');
      messages.push(failure?.message);
    }
    expect(messages).toEqual([
      'The engine gives 10 scores for each picture instead of 11.',
      'The engine has no input "other".',
      'The engine has no output "other".',
      'The engine takes batches of 1 to 8, but batches of 1 to 9 are wanted.',
    ]);
  });

  it('is ERR_TENSORRT_UNAVAILABLE without the driver, the device or the library', async () => {
    const search = { ...options.search, cudaLibrary: '/nonexistent/libcuda.so.1' };
    // No stand-in is loaded, so none reports.
    const { answer } = await runScenario<FaultsAnswer>('faults', { options: { ...options, search } });
    expect(answer?.load?.code).toBe('ERR_TENSORRT_UNAVAILABLE');
    expect(await loadFailure({ device: 3 })).toEqual({
      code: 'ERR_TENSORRT_UNAVAILABLE',
      message: 'The engine cannot be loaded: there is no device 3 among the 1 that the driver shows.',
    });
    const library = { ...standInLibrary('rtx'), libraryPath: '/nonexistent/libtensorrt_rtx.so.1' };
    expect(await loadFailure({ library })).toMatchObject({ code: 'ERR_TENSORRT_UNAVAILABLE' });
    for (const fail of ['cuInit@1=100', 'cuDevicePrimaryCtxRetain@1=304', 'createInferRuntime@1=wild']) {
      expect(await loadFailure({}, fail), fail).toMatchObject({ code: 'ERR_TENSORRT_UNAVAILABLE' });
    }
  });

  it('is ERR_GPU_OUT_OF_MEMORY, with everything freed, wherever memory runs out', async () => {
    for (const fail of [
      'cuMemAlloc_v2@1=oom',
      'cuMemAlloc_v2@2=oom',
      'cuMemHostAlloc@2=oom',
      'cuDevicePrimaryCtxRetain@1=oom',
    ]) {
      const { load } = await faults(fail);
      expect(load?.code, `${fail}: ${load?.message}`).toBe('ERR_GPU_OUT_OF_MEMORY');
    }
    expect((await faults('cuMemHostAlloc@2=oom')).load?.message).toBe(
      'Allocating pinned memory: cuMemHostAlloc failed with CUDA_ERROR_OUT_OF_MEMORY (2): out of memory',
    );
  });

  it('fails one run with ERR_BACKEND_RUN_FAILED, and goes on, after an error that passes', async () => {
    // The warm-up runs both batch sizes twice.
    const record = await faults('cuEventRecord@6=304', { slots: 1, graphBatches: [1, 8] });
    expect(record.runs.map((failure) => failure?.code ?? null)).toEqual([null, 'ERR_BACKEND_RUN_FAILED', null]);
    expect(record.runs[1]?.message).toMatch(
      /^Marking the end of a run: cuEventRecord failed with CUDA_ERROR_OPERATING_SYSTEM \(304\)/,
    );
    const enqueue = await faults('IExecutionContext::enqueueV3@6=false', { slots: 1, graphBatches: [1, 8] });
    expect(enqueue.runs.map((failure) => failure?.code ?? null)).toEqual([null, 'ERR_BACKEND_RUN_FAILED', null]);
    expect(enqueue.runs[1]?.message).toMatch(/^TensorRT does not run the batch: ./);
  });

  it('is ERR_GPU_LOST in this run and all later ones after an error that sticks', async () => {
    const { load, runs } = await faults('cuEventSynchronize@6=lost', { slots: 1, graphBatches: [1, 8] });
    expect(load).toBeNull();
    expect(runs.map((failure) => failure?.code ?? null)).toEqual([null, 'ERR_GPU_LOST', 'ERR_GPU_LOST']);
    expect(runs[2]?.message).toBe(runs[1]?.message);
  });

  it('can be cancelled at any moment of its loading, and not afterwards', async () => {
    const afterMs = Array.from({ length: 20 }, (_, index) => index);
    const outcomes = await runCleanScenario<string[]>('cancel', { options: { ...options, slots: 8 }, afterMs });
    expect(outcomes[0]).toBe('ERR_CANCELLED');
    for (const outcome of outcomes) expect(['ERR_CANCELLED', 'loaded']).toContain(outcome);
  });
});
