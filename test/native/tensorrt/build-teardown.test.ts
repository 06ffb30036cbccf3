import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, it } from 'vitest';
import { buildOptions, describeWithTensorRt, root } from './describe-with-tensorrt.js';

const folder = mkdtempSync(join(tmpdir(), 'hornet-build-teardown-'));
afterAll(() => rmSync(folder, { recursive: true }));

const digits = join(root, 'models', 'digits', 'onnx', 'model.onnx');
const profile = { inputName: 'pixel_values', min: [1, 3, 28, 28], opt: [4, 3, 28, 28], max: [8, 3, 28, 28] };

/** Tells of the event that it is asked for, and goes on. */
const workerCode = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { path, options, at } = workerData;
  let count = 0;
  const build = require(path).buildEngine(options, () => { if (++count === at) parentPort.postMessage('at'); });
  build.result.then(() => parentPort.postMessage('built'), (error) => parentPort.postMessage(error.code));
  if (at === 0) parentPort.postMessage('at');
`;

describeWithTensorRt('a worker thread that builds an engine', (addon, library, path) => {
  const start = (planPath: string, at: number): Worker => {
    const options = { ...buildOptions(library, digits, planPath), profile };
    return new Worker(workerCode, { eval: true, workerData: { path, options, at } });
  };

  it('can be terminated at any moment of the build, which ends with it and leaves no file', async () => {
    for (let round = 0; round < 20; round++) {
      const worker = start(join(folder, `plan-${round}`), round * 20);
      await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      await worker.terminate();
      // The thread of the build was joined, so nothing can appear after this.
      const left = readdirSync(folder);
      // It may have been done before the termination arrived.
      if (left.length > 0) expect(left).toEqual([`plan-${round}`]);
      for (const name of left) rmSync(join(folder, name));
    }
  });

  it('builds as the main thread does, also when both build and after others were terminated', async () => {
    const worker = start(join(folder, 'in-worker'), -1);
    const answer = new Promise((resolve) => worker.once('message', resolve));
    const options = { ...buildOptions(library, digits, join(folder, 'in-main')), profile };
    const { planSha256 } = await addon.buildEngine(options, () => {}).result;
    expect(planSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await answer).toBe('built');
    expect(existsSync(join(folder, 'in-worker'))).toBe(true);
  });
});
