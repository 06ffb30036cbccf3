import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isMet } from '../../../test/skips/note-skip.js';
import { silentLogger } from '../../logging/create-logger.js';
import type { ClassifierModel } from '../../model/classifier-model.js';
import { loadModelFolder } from '../../model/load-model-folder.js';
import { packageRoot } from '../../package-info.js';
import type { BatchSlot } from '../backend.js';
import { OnnxRuntimeBackend, type OnnxRuntimeOptions } from './onnxruntime-backend.js';

const faultyWorker = new URL('../../../test/stand-ins/faulty-worker.mjs', import.meta.url);
const sharedModel = join(packageRoot, '../shared/models/squeezenet-imagenet');

describe('OnnxRuntimeBackend', () => {
  const open: OnnxRuntimeBackend[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((backend) => backend.close()));
  });

  const digits = (): Promise<ClassifierModel> => loadModelFolder(join(packageRoot, 'models/digits'));
  async function load(model: ClassifierModel, options?: OnnxRuntimeOptions): Promise<OnnxRuntimeBackend> {
    const backend = await OnnxRuntimeBackend.load(model, options);
    open.push(backend);
    return backend;
  }
  function fill(slot: BatchSlot, picture: number, value: (index: number) => number): void {
    const offset = slot.bytes.byteOffset + picture * slot.imageBytes;
    const values = new Float32Array(slot.bytes.buffer, offset, slot.imageBytes / 4);
    values.forEach((_, index) => {
      values[index] = value(index);
    });
  }
  async function runOne(backend: OnnxRuntimeBackend, value: (index: number) => number): Promise<Float32Array> {
    const slot = await backend.acquire();
    try {
      fill(slot, 0, value);
      return await slot.run(1);
    } finally {
      slot.release();
    }
  }

  it('gives each picture of a batch the scores that it gets alone', async () => {
    const backend = await load(await digits(), { settings: { threads: 1, workers: 1, batch: 3 } });
    const patterns = [0, 1, 2].map((seed) => (index: number) => Math.sin(index * (seed + 1)));
    const alone: Float32Array[] = [];
    for (const pattern of patterns) alone.push(await runOne(backend, pattern));
    const slot = await backend.acquire();
    patterns.forEach((pattern, picture) => {
      fill(slot, picture, pattern);
    });
    const together = await slot.run(3);
    slot.release();
    expect(together).toHaveLength(30);
    alone.forEach((scores, picture) => {
      scores.forEach((score, index) => {
        expect(together[picture * 10 + index]).toBeCloseTo(score, 4);
      });
    });
  });

  it('hands out two slots and makes the third caller wait for one of them', async () => {
    const backend = await load(await digits());
    const first = await backend.acquire();
    await backend.acquire();
    let third = false;
    const waiting = backend.acquire().then(() => {
      third = true;
    });
    await first.run(1);
    expect(third).toBe(false);
    first.release();
    await waiting;
    expect(third).toBe(true);
  });

  it.each([
    ['exhausts its heap', 111],
    ['throws', 222],
  ])('replaces a worker that %s and fails only the run that did it', async (_, poison) => {
    const backend = await load(await digits(), { workerEntry: faultyWorker });
    await expect(runOne(backend, () => poison)).rejects.toMatchObject({ code: 'ERR_BACKEND_WORKER_LOST' });
    await expect(runOne(backend, () => 0)).resolves.toHaveLength(10);
  });

  it('says so when workers keep dying', async () => {
    const failures: unknown[] = [];
    const backend = await load(await digits(), {
      workerEntry: faultyWorker,
      onFailed: (error) => failures.push(error),
    });
    for (let run = 0; run < 6; run++) {
      await expect(runOne(backend, () => 222)).rejects.toMatchObject({ code: 'ERR_BACKEND_WORKER_LOST' });
    }
    expect(failures).toMatchObject([{ code: 'ERR_BACKEND_WORKER_LOST' }]);
    await expect(runOne(backend, () => 0)).rejects.toMatchObject({ code: 'ERR_BACKEND_WORKER_LOST' });
  });

  /** A batch that holds its worker until it is let go. */
  async function holdWorker(backend: OnnxRuntimeBackend) {
    const slot = await backend.acquire();
    fill(slot, 0, () => 333);
    const done = slot.run(1).finally(slot.release);
    const letGo = (): void => {
      const words = new Int32Array(slot.bytes.buffer, slot.bytes.byteOffset, 2);
      Atomics.store(words, 1, 0);
      Atomics.notify(words, 1);
    };
    return { done, letGo };
  }

  describe('with a lone worker', () => {
    const settings = { threads: 1, workers: 2, batch: 2, loneThreads: 2 };

    it('runs what comes alone in it, and starts the others when there is a second batch', async () => {
      const lines: unknown[] = [];
      const log = { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) } as typeof silentLogger;
      const backend = await load(await digits(), { settings, workerEntry: faultyWorker, log });
      expect([backend.workers, backend.slotCount]).toEqual([2, 4]);
      await expect(runOne(backend, () => 0)).resolves.toHaveLength(10);
      const lone = await holdWorker(backend);
      // Waits for the lone worker, as there is no other one yet.
      const second = runOne(backend, () => 0);
      lone.letGo();
      await Promise.all([lone.done, second]);
      // From now on there are three.
      const held = [await holdWorker(backend)];
      while (held.length < 3) {
        const more = await holdWorker(backend);
        held.push(more);
      }
      for (const one of held) one.letGo();
      for (const { done } of held) await expect(done).resolves.toHaveLength(10);
      expect(lines).toEqual([]);
    });

    it('goes on with it where the others cannot be started', async () => {
      const model = await digits();
      const folder = mkdtempSync(join(tmpdir(), 'hornet-lone-'));
      try {
        const onnxPath = join(folder, 'model.onnx');
        copyFileSync(model.onnxPath, onnxPath);
        const backend = await load({ ...model, onnxPath }, { settings, workerEntry: faultyWorker });
        rmSync(onnxPath);
        const lone = await holdWorker(backend);
        const second = runOne(backend, () => 0);
        lone.letGo();
        await Promise.all([lone.done, second]);
        await expect.poll(() => backend.workers).toBe(1);
        await expect(runOne(backend, () => 0)).resolves.toHaveLength(10);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  });

  describe('with two workers', () => {
    const settings = { threads: 1, workers: 2, batch: 2 };

    it('hands out two slots of each, and runs batches in whichever is idle', async () => {
      const backend = await load(await digits(), { settings, workerEntry: faultyWorker });
      expect([backend.workers, backend.slotCount, backend.maxBatch]).toEqual([2, 4, 2]);
      const held = await holdWorker(backend);
      for (let run = 0; run < 3; run++) await expect(runOne(backend, () => run)).resolves.toHaveLength(10);
      const second = await holdWorker(backend);
      let third = false;
      const waiting = runOne(backend, () => 0).then(() => {
        third = true;
      });
      held.letGo();
      await expect(held.done).resolves.toHaveLength(10);
      await waiting;
      expect(third).toBe(true);
      second.letGo();
      await second.done;
    });

    it('loses with a worker only the batch in it, and replaces it while the other one goes on', async () => {
      const backend = await load(await digits(), { settings, workerEntry: faultyWorker });
      const held = await holdWorker(backend);
      const [dying, waiting] = [runOne(backend, () => 222), runOne(backend, () => 0)];
      await expect(dying).rejects.toMatchObject({ code: 'ERR_BACKEND_WORKER_LOST' });
      await expect(waiting).resolves.toHaveLength(10);
      held.letGo();
      await expect(held.done).resolves.toHaveLength(10);
    });

    it('goes on with one where the other keeps dying', async () => {
      const failures: unknown[] = [];
      const onFailed = (error: unknown): void => void failures.push(error);
      const backend = await load(await digits(), { settings, workerEntry: faultyWorker, onFailed });
      const held = await holdWorker(backend);
      for (let run = 0; run < 6; run++) {
        await expect(runOne(backend, () => 222)).rejects.toMatchObject({ code: 'ERR_BACKEND_WORKER_LOST' });
      }
      expect(backend.workers).toBe(1);
      const waiting = runOne(backend, () => 0);
      held.letGo();
      await held.done;
      await expect(waiting).resolves.toHaveLength(10);
      expect(failures).toEqual([]);
    });

    it('finishes what runs and what waits for a worker before it is closed', async () => {
      const backend = await load(await digits(), { settings, workerEntry: faultyWorker });
      const [first, second] = [await holdWorker(backend), await holdWorker(backend)];
      const third = await backend.acquire();
      const waiting = third.run(1);
      const closed = backend.close();
      first.letGo();
      second.letGo();
      await Promise.all([first.done, second.done]);
      await expect(waiting).resolves.toHaveLength(10);
      await closed;
    });
  });

  it('tells how it runs, and whether that was measured', async () => {
    const settings = { threads: 1, workers: 2, batch: 3, loneThreads: 0 };
    const set = await load(await digits(), { settings });
    expect([set.cpu, set.maxBatch]).toEqual([{ ...settings, measured: false }, 3]);
    expect((await load(await digits(), { settings: { ...settings, measured: true } })).cpu).toEqual({
      ...settings,
      measured: true,
    });
  });

  it.runIf(process.platform === 'linux')('lets the threads of inference give way, and no others', async () => {
    const before = countByNiceness();
    await load(await digits(), { settings: { threads: 3, workers: 2, batch: 1 }, nice: 7 });
    const after = countByNiceness();
    const own = getPriority();
    expect(after.get(own + 7) ?? 0).toBeGreaterThanOrEqual(6);
    expect(after.get(own)).toBeGreaterThanOrEqual(before.get(own) ?? 0);
  });

  it('rejects waiting callers when it is closed, after the running batch is done', async () => {
    const backend = await load(await digits());
    const slot = await backend.acquire();
    await backend.acquire();
    const waiting = backend.acquire();
    const running = slot.run(1);
    const closed = backend.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
    await expect(running).resolves.toHaveLength(10);
    await closed;
    await expect(backend.acquire()).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
  });

  it('reports a file that onnxruntime refuses', async () => {
    const model = { ...(await digits()), onnxPath: join(packageRoot, 'package.json') };
    await expect(OnnxRuntimeBackend.load(model)).rejects.toMatchObject({ code: 'ERR_BACKEND_LOAD_FAILED' });
  });

  const hasModel = isMet(existsSync(sharedModel), 'running SqueezeNet', '../shared is not beside this checkout');
  it.runIf(hasModel)('serves several pictures with a graph fixed at batch 1', async () => {
    const model = await loadModelFolder(sharedModel);
    const backend = await load(model, { settings: { threads: 2, workers: 1, batch: 3 } });
    const slot = await backend.acquire();
    expect(slot.capacity).toBe(3);
    const scores = await slot.run(3);
    slot.release();
    expect(scores).toHaveLength(3000);
    for (let picture = 0; picture < 3; picture++) {
      const sum = scores.subarray(picture * 1000, (picture + 1) * 1000).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 1);
    }
  });
});

/** Threads of this process by their niceness. */
function countByNiceness(): Map<number, number> {
  const counts = new Map<number, number>();
  for (const thread of readdirSync('/proc/self/task')) {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    // The fields behind the name, which is in parentheses, begin with the third.
    const niceness = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    counts.set(niceness, (counts.get(niceness) ?? 0) + 1);
  }
  return counts;
}
