import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModelFolder } from '../../../model/load-model-folder.js';
import { packageRoot } from '../../../package-info.js';
import { ManualClock } from '../../../serving/manual-clock.test-support.js';
import { workerGraphOf } from '../worker-graph.js';
import type { WorkerGraph, WorkerSettings } from '../worker-protocol.js';
import { type MeasureOptions, type MeasureParts, measureCpuSettings } from './measure-cpu-settings.js';

const graph: WorkerGraph = {
  ...{ onnxPath: 'model.onnx', optimised: true, inputName: 'x', outputName: 'y', dtype: 'uint8' },
  ...{ imageShape: [3, 2, 2], fixedBatch: null, classes: 2 },
};
const any = { threads: 0, workers: 0, maxBatch: 4 };

/** A model on a machine, as simple as can be. */
interface Machine {
  /** Of one image on one thread. */
  readonly workMs: number;
  /** Share of the work that one thread does alone; default 2 %. */
  readonly serialShare?: number;
  /** What each run costs besides, and each doubling of the threads; default 0.05. */
  readonly overheadMs?: number;
  /** Memory of a worker; default 1. */
  readonly workerBytes?: number;
  /** What to load fails with. */
  readonly refuses?: (settings: WorkerSettings, workersOpen: number) => boolean;
  /** Of the n-th run: by how much it takes longer. */
  readonly disturbance?: (run: number) => number;
}

async function measureOn(machine: Machine, options: MeasureOptions) {
  const { workMs, serialShare = 0.02, overheadMs = 0.05, workerBytes = 1, refuses, disturbance } = machine;
  const clock = new ManualClock();
  const open = new Set<WorkerSettings>();
  const tried = new Set<string>();
  let runs = 0;
  const startWorker: MeasureParts['startWorker'] = (settings) => {
    const mine = { ...settings };
    const { threads } = mine;
    let freeAtMs = 0;
    const fails = refuses?.(mine, open.size) ?? false;
    open.add(mine);
    tried.add(`${threads}x${mine.slots.length}`);
    return {
      loaded: () => (fails ? Promise.reject(new Error('refused')) : Promise.resolve()),
      run: (_, count) => {
        const imageMs = workMs * (serialShare + (1 - serialShare) / threads);
        const runMs = overheadMs * (1 + Math.log2(threads)) + count * imageMs;
        freeAtMs = Math.max(freeAtMs, clock.now()) + runMs * (1 + (disturbance?.(runs++) ?? 0));
        return new Promise((resolve) => clock.after(freeAtMs - clock.now(), () => resolve(new Float32Array())));
      },
      close: async () => void open.delete(mine),
    };
  };
  const parts: MeasureParts = {
    now: () => clock.now(),
    startWorker,
    memory: () => ({ takenBytes: open.size * workerBytes, freeBytes: 1000 }),
  };
  let isDone = false;
  const measuring = measureCpuSettings(graph, { ...options, parts }).finally(() => {
    isDone = true;
  });
  // Looked at when the clock has stopped.
  measuring.catch(() => {});
  while (!isDone) await clock.advance(clock.nextAt === undefined ? 0 : clock.nextAt - clock.now());
  return { ...(await measuring), tried: [...tried], tookMs: clock.now(), open };
}

describe('measureCpuSettings', () => {
  it.each([
    // A large model: one thread for each batch, as threads that wait for each other get less done, and all of them for a
    // single image.
    [2, 30, '1x2+2', 2],
    [4, 60, '1x4+4', 3],
    [16, 60, '1x16+16', 5],
    [16, 8, '1x16+16', 5],
    [64, 3, '1x64+32', 7],
    // A small one: a worker for each processor.
    [2, 0.5, '1x2', 2],
    [4, 0.5, '1x4', 3],
    [16, 0.5, '1x16', 5],
  ])('on %i processors, of a model of %f ms on one thread, chooses %s after %i tries', async (...row) => {
    const [processors, workMs, chosen, tries] = row;
    const { settings, tried, tookMs, open } = await measureOn({ workMs }, { ...any, processors, budgetMs: 20_000 });
    const { threads, workers, loneThreads } = settings;
    expect(`${threads}x${workers}${loneThreads === 0 ? '' : `+${loneThreads}`}`).toBe(chosen);
    expect(tried).toHaveLength(tries);
    expect(tookMs).toBeLessThan(15_000);
    expect(open.size).toBe(0);
  });

  it('takes larger batches only where they gain something', async () => {
    const batchFor = async (overheadMs: number): Promise<number> =>
      (await measureOn({ workMs: 20, overheadMs }, { ...any, maxBatch: 8, processors: 1 })).settings.batch;
    expect(await batchFor(0)).toBe(1);
    expect(await batchFor(1)).toBe(2);
    expect(await batchFor(20)).toBe(8);
  });

  it('is not led astray by a run that takes ten times as long now and then', async () => {
    const machine = { workMs: 60, disturbance: (run: number) => (run % 11 === 5 ? 9 : 0) };
    const { settings } = await measureOn(machine, { ...any, processors: 4 });
    expect(settings).toMatchObject({ threads: 1, workers: 4, loneThreads: 4 });
  });

  it('is not led astray by a machine that is slow while one of the choices is tried', async () => {
    const machine = { workMs: 60, disturbance: (run: number) => (run >= 20 && run < 50 ? 1 : 0) };
    const { settings } = await measureOn(machine, { ...any, processors: 2 });
    expect(settings).toMatchObject({ threads: 1, workers: 2, loneThreads: 2 });
  });

  it('begins nothing more once its time is over', async () => {
    const { tried, measurements, tookMs } = await measureOn({ workMs: 5 }, { ...any, processors: 4, budgetMs: 50 });
    expect(tried).toEqual(['4x1']);
    expect(measurements.map(({ batch }) => batch)).toEqual([1]);
    expect(tookMs).toBeLessThan(400);
  });

  it('leaves out what cannot be loaded, and ends its workers', async () => {
    const refuses = ({ threads }: WorkerSettings, open: number): boolean => threads === 2 && open === 1;
    const { settings, measurements, open } = await measureOn({ workMs: 0.5, refuses }, { ...any, processors: 4 });
    expect(new Set(measurements.map(({ threads }) => threads))).toEqual(new Set([4, 1]));
    expect(settings).toMatchObject({ threads: 1, workers: 4 });
    expect(open.size).toBe(0);
  });

  it('leaves out workers for which there is no memory', async () => {
    const { settings } = await measureOn({ workMs: 0.5, workerBytes: 200 }, { ...any, processors: 8 });
    // Half of 1000 bytes are enough for two more.
    expect(settings).toMatchObject({ threads: 4, workers: 2 });
  });

  it('falls back to the defaults where nothing can be measured', async () => {
    const measured = await measureOn({ workMs: 1, refuses: () => true }, { ...any, processors: 8 });
    expect(measured).toMatchObject({ settings: { threads: 8, workers: 1, batch: 4 }, measurements: [] });
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    await expect(measureOn({ workMs: 1 }, { ...any, signal: stop.signal })).rejects.toThrow('stopped');
  });

  it('measures the sample model with real workers', async () => {
    const model = await loadModelFolder(join(packageRoot, 'models/digits'));
    const { settings, measurements } = await measureCpuSettings(workerGraphOf(model), { ...any, budgetMs: 100 });
    expect(measurements.length).toBeGreaterThan(0);
    for (const { latencyMs, imagesPerSecond } of measurements) {
      expect(latencyMs).toBeGreaterThan(0);
      expect(imagesPerSecond).toBeGreaterThan(0);
    }
    expect(settings.threads * settings.workers).toBeLessThanOrEqual(availableParallelism());
  });
});
