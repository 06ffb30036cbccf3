import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadModelFolder } from '../model/load-model-folder.js';
import { packageRoot } from '../package-info.js';
import { FakeBackend } from './batching/fake-backend.test-support.js';
import { scoresOf } from './batching/fake-pictures.test-support.js';
import type { ClientTensor } from './client-tensor.js';
import { sampleModelFolder } from './locate-model.js';
import { ModelInstance } from './model-instance.js';
import { openServing } from './open-serving.js';
import { Serving } from './serving.js';
import type { ServingOptions } from './serving-options.js';
import { processResources } from './shared-resources.js';
import { TestLoads } from './test-serving.test-support.js';

const picture = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));
const imageBytes = 3 * 28 * 28;

/** As the fake backend of the sample model takes it. */
function tensorOf(images: number, changes: Partial<ClientTensor> = {}): ClientTensor {
  const bytes = Uint8Array.from(
    { length: images * imageBytes },
    (_, at) => (at * 31 + Math.floor(at / imageBytes)) % 251,
  );
  return { name: 'pixel_values', datatype: 'UINT8', shape: [images, 28, 28, 3], bytes, ...changes };
}

describe('Serving, asked for scores', () => {
  const open: Serving[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((serving) => serving.close()));
  });
  function start(changes: Partial<ServingOptions> = {}, loads = new TestLoads({ held: false })): Serving {
    const serving = new Serving(loads.options(changes));
    open.push(serving);
    return serving;
  }

  it('says what it takes and gives once a model is loaded', async () => {
    const serving = start({ maxDelayMs: 2 });
    expect(serving.signature).toBeNull();
    await serving.load();
    expect(serving.signature).toMatchObject({
      input: { name: 'pixel_values', datatype: 'UINT8', shape: [28, 28, 3], imageBytes },
      output: { name: 'logits', classes: 10 },
      labels: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      backend: 'onnxruntime',
      maxBatch: 4,
      maxDelayMs: 2,
    });
    await serving.unload();
    expect(serving.signature).toBeNull();
  });

  it('copies the rows of a tensor into batches as they are, and tells what became of them', async () => {
    const serving = start();
    const spans: string[] = [];
    const images: unknown[] = [];
    const requests: unknown[] = [];
    serving.events.on('span', ({ stage }) => spans.push(stage));
    serving.events.on('image', ({ errorCode, timings }) => images.push([errorCode, timings?.decode]));
    serving.events.on('request', ({ images: n, errorCode }) => requests.push([n, errorCode]));
    const tensor = tensorOf(6);
    const scored = await serving.scoreTensor(tensor);
    scored.forEach(({ scores }, row) => {
      expect(scores).toEqual(scoresOf(tensor.bytes.subarray(row * imageBytes, (row + 1) * imageBytes), 10));
    });
    expect(scored).toHaveLength(6);
    expect(new Set(spans)).toEqual(new Set(['batch', 'preprocess', 'inference', 'postprocess']));
    expect(images).toEqual(Array.from({ length: 6 }, () => [null, 0]));
    expect(requests).toEqual([[6, null]]);
    expect(serving.inFlight).toBe(0);
  });

  it('applies a function only where it is told to', async () => {
    const serving = start();
    const [[raw], [softmax]] = await Promise.all([
      serving.scoreTensor(tensorOf(1)),
      serving.scoreTensor(tensorOf(1), { functionToApply: 'softmax' }),
    ]);
    expect(softmax?.scores.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(raw?.scores).not.toEqual(softmax?.scores);
    await expect(serving.scoreTensor(tensorOf(1), { functionToApply: 'relu' as 'none' })).rejects.toMatchObject({
      code: 'ERR_PARAMETER_INVALID',
    });
  });

  it.each([
    [{ name: 'pixels' }, /"pixels".*"pixel_values"/],
    [{ datatype: 'FP32' }, /"pixel_values".*FP32.*UINT8/],
    [{ shape: [2, 28, 28] }, /"pixel_values".*\[2, 28, 28\].*\[n, 28, 28, 3\]/],
    [{ shape: [0, 28, 28, 3], bytes: new Uint8Array() }, /at least 1/],
    [{ shape: [2.5, 28, 28, 3] }, /at least 1/],
    [{ shape: [3, 28, 28, 3] }, /4704 bytes; 7056/],
  ])('refuses a tensor that the model does not take: %j', async (changes, named) => {
    const serving = start();
    await expect(serving.scoreTensor(tensorOf(2, changes))).rejects.toMatchObject({
      code: 'ERR_PARAMETER_INVALID',
      message: expect.stringMatching(named),
    });
    expect(serving.inFlight).toBe(0);
  });

  it('refuses a row that does not fit its slots, whoever has looked at the tensor before', async () => {
    const model = await loadModelFolder(sampleModelFolder, { dtype: 'fp32' });
    const backend = new FakeBackend({ classes: 10, imageBytes });
    const instance = new ModelInstance({
      serving: 'digits',
      loaded: { model, backend, note: null },
      options: new TestLoads().options(),
      resources: processResources(),
      events: new EventEmitter(),
      lease: { bytes: 0, loaded: () => {}, release: () => {} },
    });
    const float = tensorOf(1, { datatype: 'FP32', bytes: new Uint8Array(imageBytes * 4) });
    await expect(instance.scoreRow(float, 0, {})).rejects.toMatchObject({ code: 'ERR_PARAMETER_INVALID' });
    await expect(instance.scoreRow(tensorOf(2), 1, {})).resolves.toMatchObject({ scores: { length: 10 } });
    await instance.close();
  });

  it('refuses a tensor that was right for the model before, once another one answers', async () => {
    const loads = new TestLoads();
    const serving = start({}, loads);
    const loading = serving.load();
    const first = await loads.next();
    first.finish();
    await loading;
    const replacing = serving.replace({ maxBatch: 2 });
    const second = await loads.next();
    Object.assign(second.backend, { slotFormat: { dtype: 'float32', layout: 'NCHW', flipsChannels: false } });
    second.finish();
    await replacing;
    await expect(serving.scoreTensor(tensorOf(1))).rejects.toMatchObject({ code: 'ERR_PARAMETER_INVALID' });
  });

  it('admits a tensor by its pictures and its bytes', async () => {
    const serving = start({ maxQueue: 3, maxQueueBytes: 5 * imageBytes });
    await serving.load();
    await expect(serving.scoreTensor(tensorOf(4))).rejects.toMatchObject({ code: 'ERR_TOO_MANY_IMAGES' });
    const place = serving.reserve({ images: 1, bytes: 4 * imageBytes });
    await expect(serving.scoreTensor(tensorOf(2))).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    place.release();
    await expect(serving.scoreTensor(tensorOf(2))).resolves.toHaveLength(2);
  });

  it('ends with the reason of the signal, and goes on', async () => {
    const serving = start({}, new TestLoads({ held: false, backend: { held: true } }));
    await serving.load();
    const stop = new AbortController();
    const scoring = serving.scoreTensor(tensorOf(3), { signal: stop.signal });
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(scoring).rejects.toBe(reason);
    expect(serving.inFlight).toBe(0);
  });

  it('scores encoded pictures as it classifies them', async () => {
    const serving = await openServing('digits', { topK: 10 });
    open.push(serving);
    const [[scored], classified] = await Promise.all([
      serving.scoreMany([picture]),
      serving.classify(picture, { functionToApply: 'none' }),
    ]);
    const byLabel = classified.labels.toSorted((a, b) => Number(a.label) - Number(b.label)).map(({ score }) => score);
    expect([...(scored?.scores ?? [])]).toEqual(byLabel);
  });

  it('says which of several pictures has failed', async () => {
    const serving = start();
    const failing = serving.scoreMany([picture, picture.subarray(0, 99), picture]);
    await expect(failing).rejects.toMatchObject({ code: 'ERR_IMAGE_UNDECODABLE', details: { index: 1 } });
    await serving.unload();
    const refused = serving.scoreMany([picture]);
    await expect(refused).rejects.toMatchObject({ code: 'ERR_SERVING_UNLOADED', details: undefined });
  });
});
