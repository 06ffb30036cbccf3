import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import { packageVersion } from '../../package-info.js';
import type { ServingStateName } from '../../serving/serving-state.js';
import { FakeServing, testSignature, unloadedByHand, when } from '../fake-serving.test-support.js';
import { type RunningApp, startApp } from '../start-app.test-support.js';
import { modelConfigSchema } from './model-config.js';
import { modelMetadataSchema } from './model-metadata.js';
import { statisticsSchema } from './model-statistics.js';
import { repositoryIndexSchema } from './repository-index.js';

describe('the routes of the Open Inference Protocol', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(...args: Parameters<typeof startApp>): Promise<RunningApp> {
    const app = await startApp(...args);
    open.push(app);
    return app;
  }
  const get = async (url: string): Promise<[number, unknown]> => {
    const answer = await fetch(url);
    return [answer.status, await answer.json()];
  };
  const post = (url: string, body?: string): Promise<Response> =>
    fetch(url, body === undefined ? { method: 'POST' } : { method: 'POST', body });

  it('says what the server is, and that it lives', async () => {
    const { url } = await start([new FakeServing()]);
    expect(await get(`${url}/v2`)).toEqual([
      200,
      {
        name: 'hornet',
        version: packageVersion,
        extensions: ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository', 'statistics'],
      },
    ]);
    const live = await fetch(`${url}/v2/health/live`);
    expect([live.status, await live.text()]).toEqual([200, '{"live":true}']);
  });

  it('is ready as soon as every preloaded model is, until it ends', async () => {
    const cats = new FakeServing('cats', 'loading');
    const app = await start([cats, new FakeServing('dogs', 'unloaded', 'on-demand')]);
    expect(await get(`${app.url}/v2/health/ready`)).toEqual([503, { ready: false }]);
    expect(await get(`${app.url}/v2/models/cats/ready`)).toEqual([503, { name: 'cats', ready: false }]);
    cats.enter('ready');
    expect(await get(`${app.url}/v2/health/ready`)).toEqual([200, { ready: true }]);
    expect(await get(`${app.url}/v2/models/cats/versions/1/ready`)).toEqual([200, { name: 'cats', ready: true }]);
    expect(await get(`${app.url}/v2/models/dogs/ready`)).toEqual([503, { name: 'dogs', ready: false }]);
    app.drain();
    expect((await fetch(`${app.url}/v2/health/live`)).status).toBe(200);
    expect((await fetch(`${app.url}/v2/health/ready`)).status).toBe(503);
    expect((await fetch(`${app.url}/v2/models/cats/ready`)).status).toBe(503);
  });

  it('describes a model on the CPU', async () => {
    const { url } = await start([new FakeServing()]);
    const metadata = {
      name: 'cats',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'pixel_values', datatype: 'FP32', shape: [-1, 3, 2, 2] },
        { name: 'image', datatype: 'BYTES', shape: [-1] },
      ],
      outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 3] }],
    };
    expect(await get(`${url}/v2/models/cats`)).toEqual([200, metadata]);
    expect(await get(`${url}/v2/models/cats/versions/1`)).toEqual([200, metadata]);
    expect(modelMetadataSchema.parse(metadata)).toEqual(metadata);
    const [status, config] = await get(`${url}/v2/models/cats/config`);
    expect([status, modelConfigSchema.parse(config)]).toEqual([
      200,
      {
        name: 'cats',
        platform: 'onnxruntime_onnx',
        backend: 'onnxruntime',
        version_policy: { latest: { num_versions: 1 } },
        max_batch_size: 4,
        input: [
          { name: 'pixel_values', data_type: 'TYPE_FP32', format: 'FORMAT_NCHW', dims: [3, 2, 2], optional: true },
          {
            name: 'image',
            data_type: 'TYPE_STRING',
            format: 'FORMAT_NONE',
            dims: [1],
            reshape: { shape: [] },
            optional: true,
          },
        ],
        output: [{ name: 'logits', data_type: 'TYPE_FP32', dims: [3], label_filename: '' }],
        dynamic_batching: { preferred_batch_size: [1, 2, 3, 4], max_queue_delay_microseconds: 1500 },
        instance_group: [{ name: 'cats', kind: 'KIND_CPU', count: 1, gpus: [] }],
      },
    ]);
  });

  it('describes a model on GPUs', async () => {
    const serving = new FakeServing();
    const device = { name: 'A10', computeCapability: '8.6', library: 'TensorRT 11.1' };
    serving.signature = {
      ...testSignature,
      input: { name: 'pixel_values', datatype: 'UINT8', shape: [2, 2, 3], imageBytes: 12 },
      backend: 'tensorrt',
      devices: [
        { ...device, index: 0, uuid: 'a' },
        { ...device, index: 2, uuid: 'b' },
      ],
      maxBatch: 16,
      batchSizes: [1, 8, 16],
    };
    const { url } = await start([serving], { maxImages: 8 });
    expect(await get(`${url}/v2/models/cats`)).toMatchObject([
      200,
      { platform: 'tensorrt_plan', inputs: [{ datatype: 'UINT8', shape: [-1, 2, 2, 3] }, {}] },
    ]);
    expect(await get(`${url}/v2/models/cats/config`)).toMatchObject([
      200,
      {
        backend: 'tensorrt',
        max_batch_size: 8,
        input: [{ data_type: 'TYPE_UINT8', format: 'FORMAT_NHWC', dims: [2, 2, 3] }, {}],
        dynamic_batching: { preferred_batch_size: [1, 8, 16] },
        instance_group: [{ kind: 'KIND_GPU', count: 2, gpus: [0, 2] }],
      },
    ]);
  });

  it.each(['', '/config'])(
    'holds the question for a model that is loading, and tells its state: %s',
    async (suffix) => {
      const serving = new FakeServing('cats', 'downloading');
      serving.percent = 3;
      serving.signature = null;
      const { url } = await start([serving], { loadingWaitMs: 1 });
      expect(await get(`${url}/v2/models/cats${suffix}`)).toMatchObject([
        503,
        { code: 'ERR_SERVING_LOADING', state: 'downloading', percent: 3 },
      ]);
    },
  );

  it('answers what a model is once it has been loaded for that', async () => {
    const serving = new FakeServing('cats', 'unloaded', 'on-demand');
    const { url } = await start([serving]);
    const answer = get(`${url}/v2/models/cats`);
    await when(serving, () => serving.loads.length === 1);
    serving.enter('ready');
    serving.loads[0]?.resolve();
    expect(await answer).toMatchObject([200, { name: 'cats' }]);
  });

  it.each([
    [unloadedByHand, 409],
    [new HornetError('ERR_GPU_MISSING', 'None.'), 500],
  ])('answers why a model cannot be described: %s', async (error, status) => {
    const serving = new FakeServing('cats', 'failed');
    const { url } = await start([serving]);
    const answer = get(`${url}/v2/models/cats`);
    await when(serving, () => serving.loads.length === 1);
    serving.loads[0]?.reject(error);
    expect(await answer).toMatchObject([status, { code: error.code, error: error.message }]);
  });

  it('answers 503 for a model that was unloaded since it was ready', async () => {
    const serving = new FakeServing();
    serving.signature = null;
    const { url } = await start([serving]);
    expect(await get(`${url}/v2/models/cats`)).toMatchObject([503, { code: 'ERR_SERVING_LOADING' }]);
  });

  it('has statistics of each model and of all, loaded or not', async () => {
    const cats = new FakeServing();
    const { url } = await start([cats, new FakeServing('dogs', 'unloaded')]);
    const timings = { queue: 1, decode: 2, preprocess: 4, batch: 8, inference: 16, postprocess: 32 };
    cats.events.emit('image', { serving: 'cats', durationMs: 63, errorCode: null, timings });
    cats.events.emit('request', { serving: 'cats', images: 1, durationMs: 64.5, errorCode: null });
    cats.events.emit('batch', {
      serving: 'cats',
      size: 1,
      resource: 'cpu',
      inputMs: 4,
      durationMs: 16,
      errorCode: null,
    });
    const [, one] = await get(`${url}/v2/models/cats/stats`);
    expect(statisticsSchema.parse(one)).toEqual(one);
    expect(one).toMatchObject({
      model_stats: [
        {
          name: 'cats',
          version: '1',
          last_inference: expect.any(Number),
          inference_count: 1,
          execution_count: 1,
          inference_stats: {
            success: { count: 1, ns: 64_500_000 },
            fail: { count: 0, ns: 0 },
            queue: { count: 1, ns: 9_000_000 },
            compute_infer: { count: 1, ns: 16_000_000 },
          },
          batch_stats: [{ batch_size: 1, compute_input: { count: 1, ns: 4_000_000 } }],
        },
      ],
    });
    expect(await get(`${url}/v2/models/cats/versions/1/stats`)).toEqual([200, one]);
    const [, all] = await get(`${url}/v2/models/stats`);
    expect(statisticsSchema.parse(all).model_stats.map(({ name }) => name)).toEqual(['cats', 'dogs']);
  });

  it('lists the models with their states and reasons, without paths, whatever became of them', async () => {
    const failed = new FakeServing('ants', 'failed');
    failed.error = { code: 'ERR_MODEL_NOT_FOUND', message: 'There is no folder /srv/secret/ants.', remedy: 'Look.' };
    const loading = new FakeServing('bees', 'downloading');
    loading.percent = 40;
    const others: [string, ServingStateName][] = [
      ['cats', 'ready'],
      ['dogs', 'unloaded'],
      ['eels', 'draining'],
      ['flies', 'pending'],
    ];
    const { url } = await start([failed, loading, ...others.map(([name, state]) => new FakeServing(name, state))]);
    const all = (await (await post(`${url}/v2/repository/index`)).json()) as unknown;
    expect(repositoryIndexSchema.parse(all)).toEqual([
      { name: 'ants', version: '1', state: 'UNAVAILABLE', reason: 'ERR_MODEL_NOT_FOUND: There is no folder ants.' },
      { name: 'bees', version: '1', state: 'LOADING', reason: 'downloading 40%' },
      { name: 'cats', version: '1', state: 'READY', reason: '' },
      { name: 'dogs', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
      { name: 'eels', version: '1', state: 'UNLOADING', reason: 'draining' },
      { name: 'flies', version: '1', state: 'LOADING', reason: 'pending' },
    ]);
    expect(await (await post(`${url}/v2/repository/index`, '{"ready": false}')).json()).toEqual(all);
    const ready = (await (await post(`${url}/v2/repository/index`, '{"ready": true}')).json()) as { name: string }[];
    expect(ready.map(({ name }) => name)).toEqual(['cats']);
  });

  it('answers a load with 200 and nothing else, once it is done', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const app = await start([serving]);
    const answer = post(`${app.url}/v2/repository/models/cats/load`, '{}');
    await when(serving, () => serving.loads.length === 1);
    serving.loads[0]?.resolve();
    expect([(await answer).status, await (await answer).text()]).toEqual([200, '']);
  });

  it('answers a load with what made it fail', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const { url } = await start([serving]);
    const answer = post(`${url}/v2/repository/models/cats/load`);
    await when(serving, () => serving.loads.length === 1);
    serving.loads[0]?.reject(new HornetError('ERR_HUB_UNREACHABLE', 'Gone.'));
    expect([(await answer).status, await (await answer).json()]).toMatchObject([
      500,
      { error: 'Gone.', code: 'ERR_HUB_UNREACHABLE' },
    ]);
  });

  it('goes on loading when the client has gone, and answers 503 when the server ends', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const app = await start([serving]);
    const gone = new AbortController();
    const url = `${app.url}/v2/repository/models/cats/load`;
    const left = fetch(url, { method: 'POST', signal: gone.signal });
    await when(serving, () => serving.loads.length === 1);
    gone.abort();
    await expect(left).rejects.toThrow();
    const waiting = post(url);
    await when(serving, () => serving.loads.length === 2);
    expect(app.uses.open).toBeGreaterThanOrEqual(2);
    app.drain();
    expect([(await waiting).status, await (await waiting).json()]).toMatchObject([503, { code: 'ERR_SERVING_CLOSED' }]);
    // Errors that nobody hears of must not end the process.
    for (const load of serving.loads) load.reject(new HornetError('ERR_SERVING_CLOSED', 'Closed.'));
    await expect.poll(() => app.uses.open).toBe(0);
  });

  it.each([undefined, '{}', '{"parameters": {"unload_dependents": true}}'])(
    'answers an unload once it is through: %s',
    async (body) => {
      const serving = new FakeServing();
      const { url } = await start([serving]);
      const answer = post(`${url}/v2/repository/models/cats/unload`, body);
      await when(serving, () => serving.unloads.length === 1);
      serving.unloads[0]?.resolve();
      expect([(await answer).status, await (await answer).text()]).toEqual([200, '']);
    },
  );

  it.each([
    ['models/cats/load', '{"parameters": {"config": "{}"}}', /parameters.*config/],
    ['models/cats/load', '{"parameters": {"file:1/model.onnx": "AAAA"}}', /parameters.*file:1/],
    ['models/cats/unload', '{"parameters": {"unload_dependents": 1}}', /unload_dependents/],
    ['models/cats/unload', '{"parameter": {}}', /parameter/],
    ['index', '{"ready": "yes"}', /ready/],
    ['index', '{"Ready": true}', /Ready/],
    ['index', 'ready', /JSON/],
    ['models/cats/load', JSON.stringify({ parameters: 'x'.repeat(70_000) }), /65536/],
  ])('refuses a body that is not known, naming what: %s %s', async (path, body, named) => {
    const serving = new FakeServing();
    const { url } = await start([serving]);
    const answer = await post(`${url}/v2/repository/${path}`, body);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: expect.stringMatching(named) }]);
    expect([...serving.loads, ...serving.unloads]).toEqual([]);
  });

  it.each([
    ['GET', '/v2/models/dogs', 404, 'ERR_SERVING_NOT_FOUND'],
    ['GET', '/v2/models/cats/versions/2', 404, 'ERR_SERVING_NOT_FOUND'],
    ['GET', '/v2/models/cats/versions/2/config', 404, 'ERR_SERVING_NOT_FOUND'],
    ['GET', '/v2/models/cats/versions/2/ready', 404, 'ERR_SERVING_NOT_FOUND'],
    ['GET', '/v2/models/cats/versions/0/stats', 404, 'ERR_SERVING_NOT_FOUND'],
    ['POST', '/v2/models/cats/versions/latest/infer', 404, 'ERR_SERVING_NOT_FOUND'],
    ['POST', '/v2/repository/models/dogs/load', 404, 'ERR_SERVING_NOT_FOUND'],
    ['POST', '/v2/repository/models/dogs/unload', 404, 'ERR_SERVING_NOT_FOUND'],
    ['GET', '/v2/nowhere', 404, 'ERR_ROUTE_NOT_FOUND'],
    ['GET', '/v2/models', 404, 'ERR_ROUTE_NOT_FOUND'],
    ['POST', '/v2', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['POST', '/v2/health/live', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['PUT', '/v2/health/ready', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['POST', '/v2/models/cats', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['DELETE', '/v2/models/cats/versions/1', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['POST', '/v2/models/cats/config', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['POST', '/v2/models/cats/ready', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['POST', '/v2/models/stats', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['POST', '/v2/models/cats/stats', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['GET', '/v2/models/cats/infer', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['GET', '/v2/repository/index', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['GET', '/v2/repository/models/cats/load', 405, 'ERR_METHOD_NOT_ALLOWED'],
  ])('answers %s %s with %i %s', async (method, path, status, code) => {
    const { url } = await start([new FakeServing()]);
    const answer = await fetch(url + path, { method });
    expect([answer.status, await answer.json()]).toMatchObject([status, { code, error: expect.any(String) }]);
    expect(answer.headers.has('Allow')).toBe(status === 405);
  });

  it('takes probes and statistics for no use of the server, and counts requests by their whole routes', async () => {
    const app = await start([new FakeServing()]);
    for (const path of [
      '/v2',
      '/v2/health/live',
      '/v2/health/ready',
      '/v2/models/cats/ready',
      '/v2/models/stats',
      '/v2/models/cats/stats',
    ]) {
      await (await fetch(app.url + path)).arrayBuffer();
    }
    expect(app.uses.begun).toBe(0);
    await (await fetch(`${app.url}/v2/models/dogs`)).arrayBuffer();
    expect(app.uses.begun).toBe(1);
    await expect
      .poll(() => app.metrics.text())
      .toContain('hornet_http_requests_total{route="/v2/models/:name",method="GET",status="404"} 1');
  });
});
