import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeModel } from '../../../../test/load/make-model.mjs';
import { isMet } from '../../../../test/skips/note-skip.js';
import { loadModelFolder } from '../../../model/load-model-folder.js';
import {
  testExternalTensor,
  testGraph,
  testModel,
  testNode,
  testValue,
} from '../../../onnx/build-test-model.test-support.js';
import { ModelProtoSchema } from '../../../onnx/generated/onnx_pb.js';
import { packageRoot } from '../../../package-info.js';
import { OnnxRuntimeBackend } from '../onnxruntime-backend.js';
import { workerGraphOf } from '../worker-graph.js';
import { runPrepareJob } from './run-prepare-job.js';

const entry = new URL('../../../../test/stand-ins/faulty-prepare-child.mjs', import.meta.url);
const sharedModel = join(packageRoot, '../shared/models/squeezenet-imagenet');
const digits = join(packageRoot, 'models/digits');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-prepare-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function jobFor(modelFolder: string, graphPath = join(folder, 'model-1.onnx'), dtype: 'fp32' | 'fp16' = 'fp32') {
  const model = await loadModelFolder(modelFolder, { dtype });
  return { model, job: { kind: 'optimise', graph: workerGraphOf(model), graphPath, threads: 2 } as const };
}

/** Scores of a batch of two pictures of noise. */
async function scoresOf(backend: OnnxRuntimeBackend): Promise<Float32Array> {
  const slot = await backend.acquire();
  for (let index = 0; index < slot.bytes.length; index++) slot.bytes[index] = (index * 2_654_435_761) >>> 26;
  const scores = await slot.run(2);
  slot.release();
  await backend.close();
  return scores;
}

async function expectSameScores(modelFolder: string, dtype?: 'fp16'): Promise<void> {
  const { model, job } = await jobFor(modelFolder, undefined, dtype);
  expect(await runPrepareJob(job)).toBeNull();
  const prepared = await OnnxRuntimeBackend.load(model, { graph: { path: job.graphPath } });
  const scores = await scoresOf(prepared);
  expect(scores.some((score) => score !== 0)).toBe(true);
  expect(scores).toEqual(await scoresOf(await OnnxRuntimeBackend.load(model)));
}

describe('runPrepareJob', () => {
  it('gives a graph with the same scores, to the bit: the sample model', () => expectSameScores(digits));

  it.each(['fp32', 'fp16'] as const)(
    'gives a graph with the same scores, to the bit: depthwise convolutions in %s',
    (dtype) => expectSameScores(makeModel(join(folder, 'mobile'), 'mobile'), dtype === 'fp16' ? dtype : undefined),
  );

  const hasModel = isMet(existsSync(sharedModel), 'preparing SqueezeNet', '../shared is not beside this checkout');
  it.runIf(hasModel)('gives a graph with the same scores, to the bit: SqueezeNet, whose batch is fixed', () =>
    expectSameScores(sharedModel, 'fp16'),
  );

  it('takes weights in files of their own into what it writes', async () => {
    const weights = Float32Array.from({ length: 3 * 1024 }, (_, index) => Math.sin(index));
    writeFileSync(join(folder, 'weights.bin'), weights);
    const model = testModel(
      testGraph({
        node: [testNode('Flatten', ['pixels'], ['flat']), testNode('MatMul', ['flat', 'weights'], ['logits'])],
        input: [testValue('pixels', 'float32', ['batch', 1, 32, 32])],
        output: [testValue('logits', 'float32', ['batch', 3])],
        initializer: [testExternalTensor('weights', [1024, 3], 'weights.bin')],
      }),
    );
    const onnxPath = join(folder, 'external.onnx');
    writeFileSync(onnxPath, toBinary(ModelProtoSchema, model));
    const graphPath = join(folder, 'model-1.onnx');
    const { job } = await jobFor(digits, graphPath);
    const graph = { ...job.graph, onnxPath, inputName: 'pixels', outputName: 'logits', imageShape: [1, 32, 32] };
    expect(await runPrepareJob({ ...job, graph })).toBeNull();
    rmSync(join(folder, 'weights.bin'));
    const alone = { ...job, graph: { ...graph, onnxPath: graphPath }, graphPath: join(folder, 'model-2.onnx') };
    expect(await runPrepareJob(alone)).toBeNull();
  });

  it('says what onnxruntime has against a file', async () => {
    const { job } = await jobFor(digits);
    const graph = { ...job.graph, onnxPath: join(packageRoot, 'package.json') };
    await expect(runPrepareJob({ ...job, graph })).rejects.toMatchObject({
      code: 'ERR_MODEL_UNPREPARED',
      message: expect.stringMatching(/^The model cannot be prepared: .*protobuf.*\.$/i),
    });
  });

  it('says where it cannot write', async () => {
    const { job } = await jobFor(digits, join(folder, 'not/there/model-1.onnx'));
    await expect(runPrepareJob(job)).rejects.toMatchObject({ code: 'ERR_MODEL_UNPREPARED' });
  });

  it.each([
    ['crashes', /ended with SIGSEGV: terminate called after throwing an instance\.$/],
    ['ends silently', /ended with exit code 3\.$/],
    ['hangs', /took longer than 0\.5 s\.$/],
  ])('outlives a child process that %s', async (title, message) => {
    const { job } = await jobFor(digits, join(folder, `${title.replace(' ', '-')}.onnx`));
    const run = runPrepareJob(job, { entry, timeoutMs: title === 'hangs' ? 500 : 60_000 });
    await expect(run).rejects.toMatchObject({
      code: 'ERR_MODEL_UNPREPARED',
      message: expect.stringMatching(message),
    });
  });

  it('ends the child process when it is cancelled', async () => {
    const stop = new AbortController();
    const { job } = await jobFor(digits, join(folder, 'hangs.onnx'));
    const run = runPrepareJob(job, { entry, signal: stop.signal });
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
    await expect(runPrepareJob(job, { entry, signal: stop.signal })).rejects.toMatchObject({ code: 'ERR_CANCELLED' });
  });
});
