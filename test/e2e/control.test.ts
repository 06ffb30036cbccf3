import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, type HornetServer } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';

const picture = readFileSync(join(packageRoot, 'test/pictures/digit-4.png')) as Buffer<ArrayBuffer>;

describe('loading, exchanging and unloading over HTTP', () => {
  useDocumentedAnswers();
  let server: HornetServer;
  let url: string;
  beforeAll(async () => {
    server = createServer({ port: 0, backend: 'onnxruntime', models: ['one=digits', 'two=digits'] });
    url = await server.listen();
  });
  afterAll(() => server.close());
  const post = (path: string, body?: string | Buffer<ArrayBuffer>): Promise<Response> =>
    fetch(url + path, { method: 'POST', ...(body === undefined ? {} : { body }) });
  const label = async (path: string): Promise<unknown> => {
    const answer = await post(`${path}?top_k=1`, picture);
    return answer.status === 200 ? ((await answer.json()) as { label: string }[])[0]?.label : answer.status;
  };

  it('refuses requests for a serving that was unloaded until it is loaded again, and leaves the other one alone', async () => {
    expect((await post('/models/two/load?wait=60000')).status).toBe(200);
    const unloaded = await post('/models/two/unload');
    expect([unloaded.status, await unloaded.json()]).toMatchObject([200, { name: 'two', state: 'unloaded' }]);
    const refused = await post('/models/two', picture);
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: 'ERR_SERVING_UNLOADED' }]);
    expect(await label('/models/one')).toBe('4');
    const loaded = await post('/models/two/load?wait=60000');
    expect([loaded.status, await loaded.json()]).toMatchObject([200, { state: 'ready' }]);
    expect(await label('/models/two')).toBe('4');
  });

  it('exchanges a serving without a gap', async () => {
    expect(await label('/models/one')).toBe('4');
    let exchanged = false;
    const replacement = post('/models/one/load?wait=60000', '{"max_batch": 2}').finally(() => {
      exchanged = true;
    });
    const labels = new Set<unknown>();
    do labels.add(await label('/models/one'));
    while (!exchanged);
    labels.add(await label('/models/one'));
    expect([...labels]).toEqual(['4']);
    expect((await replacement).status).toBe(200);
  });

  it('loads a serving on demand with its first request, and is ready before', async () => {
    const lazy = createServer({ port: 0, backend: 'onnxruntime', memory: 'on-demand' });
    try {
      const address = await lazy.listen();
      const ready = await fetch(`${address}/health/ready`);
      expect([ready.status, await ready.json()]).toMatchObject([
        200,
        { ready: true, servings: [{ state: 'unloaded' }] },
      ]);
      const answer = await fetch(`${address}/classify?top_k=1`, { method: 'POST', body: picture });
      expect([answer.status, await answer.json()]).toMatchObject([200, [{ label: '4' }]]);
      expect(await (await fetch(`${address}/models/digits`)).json()).toMatchObject({ state: 'ready' });
    } finally {
      await lazy.close();
    }
  });

  it('tells its status', async () => {
    const answer = await fetch(`${url}/status`);
    expect(await answer.json()).toMatchObject({
      accepting: true,
      gpu: null,
      servings: [
        { name: 'one', inFlight: 0 },
        { name: 'two', inFlight: 0 },
      ],
      memory: { processBytes: expect.any(Number) },
      compute: expect.any(Array),
      volume: {
        weights: { bytes: expect.any(Number) },
        engines: { bytes: expect.any(Number) },
        prepared: { bytes: expect.any(Number) },
      },
    });
  });

  it('tells its metrics', async () => {
    expect(await label('/models/one')).toBe('4');
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('hornet_serving_state{serving="one",state="ready"} 1\n');
    expect(text).toMatch(/^hornet_http_requests_total\{route="\/models\/:name",method="POST",status="200"\} \d+$/m);
  });
});
