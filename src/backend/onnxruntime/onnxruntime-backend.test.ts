import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isMet } from '../../../test/skips/note-skip.js';
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
    const backend = await load(await digits(), { maxBatch: 3 });
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
    const backend = await load(model, { maxBatch: 3 });
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
