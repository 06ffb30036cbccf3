import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { FakeServing, when } from './fake-serving.test-support.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

describe('the routes that load and unload', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(serving: FakeServing): Promise<RunningApp> {
    const app = await startApp([serving]);
    open.push(app);
    return app;
  }
  const post = (url: string, body?: string): Promise<Response> =>
    fetch(url, body === undefined ? { method: 'POST' } : { method: 'POST', body });

  it('answers 202 with the status while the serving loads', async () => {
    const serving = new FakeServing('cats', 'downloading');
    serving.percent = 7;
    const { url } = await start(serving);
    const answer = await post(`${url}/models/cats/load`);
    expect([answer.status, await answer.json()]).toMatchObject([202, { state: 'downloading', percent: 7 }]);
    expect(serving.loads).toHaveLength(1);
  });

  it('answers 200 where it is loaded within the time that the client waits', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const { url } = await start(serving);
    const answer = post(`${url}/models/cats/load?wait=60000`);
    await when(serving, () => serving.loads.length === 1);
    serving.enter('ready');
    serving.loads[0]?.resolve();
    expect([(await answer).status, await (await answer).json()]).toMatchObject([200, { state: 'ready' }]);
  });

  it('answers with the error where loading fails meanwhile', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const { url } = await start(serving);
    const answer = post(`${url}/models/cats/load?wait=60000`);
    await when(serving, () => serving.loads.length === 1);
    serving.loads[0]?.reject(new HornetError('ERR_HUB_UNREACHABLE', 'Gone.'));
    expect([(await answer).status, await (await answer).json()]).toMatchObject([500, { code: 'ERR_HUB_UNREACHABLE' }]);
  });

  it('answers 503 to those who wait when the server ends', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const app = await start(serving);
    const answer = post(`${app.url}/models/cats/load?wait=60000`);
    await when(serving, () => serving.loads.length === 1);
    app.drain();
    expect([(await answer).status, await (await answer).json()]).toMatchObject([503, { code: 'ERR_SERVING_CLOSED' }]);
  });

  it('goes on loading when the client has gone', async () => {
    const serving = new FakeServing('cats', 'unloaded');
    const app = await start(serving);
    const gone = new AbortController();
    const answer = fetch(`${app.url}/models/cats/load?wait=60000`, { method: 'POST', signal: gone.signal });
    await when(serving, () => serving.loads.length === 1);
    gone.abort();
    await expect(answer).rejects.toThrow();
    // It is a use of the server for as long as it goes on.
    await expect.poll(() => app.uses.open).toBe(1);
    // An error that nobody hears of must not end the process.
    serving.loads[0]?.reject(new HornetError('ERR_HUB_UNREACHABLE', 'Gone.'));
    await expect.poll(() => app.uses.open).toBe(0);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  it('replaces the serving where the body has changes', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    const asked = { revision: 'v2', dtype: 'fp16', max_batch: 8, backend: 'onnxruntime' };
    const changes = { ...asked, force_download: true, force_build: true };
    const answer = post(`${url}/models/cats/load?wait=60000`, JSON.stringify(changes));
    await when(serving, () => serving.replacements.length === 1);
    expect(serving.replacements[0]?.changes).toEqual({
      revision: 'v2',
      dtype: 'fp16',
      maxBatch: 8,
      backend: 'onnxruntime',
      forceDownload: true,
      forceBuild: true,
    });
    serving.replacements[0]?.resolve();
    expect((await answer).status).toBe(200);
    expect(serving.loads).toHaveLength(0);
  });

  it.each([
    ['{"max_batch": 0}', 'ERR_PARAMETER_INVALID', 'max_batch'],
    ['{"maxBatch": 8}', 'ERR_PARAMETER_INVALID', 'maxBatch'],
    ['{"dtype": "fp99", "revision": 7}', 'ERR_PARAMETER_INVALID', /revision.*dtype|dtype.*revision/],
    ['[]', 'ERR_PARAMETER_INVALID', 'object'],
    ['revision=v2', 'ERR_REQUEST_INVALID', 'JSON'],
    [JSON.stringify({ revision: 'x'.repeat(70_000) }), 'ERR_REQUEST_INVALID', '65536'],
  ])('refuses a body that makes no sense, naming what: %s', async (body, code, named) => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    const answer = await post(`${url}/models/cats/load`, body);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code, error: expect.stringMatching(named) }]);
    expect([...serving.loads, ...serving.replacements]).toEqual([]);
  });

  it('refuses a time to wait that makes no sense', async () => {
    const { url } = await start(new FakeServing());
    const answer = await post(`${url}/models/cats/load?wait=long`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'ERR_PARAMETER_INVALID' }]);
  });

  it('answers that a serving is being replaced already', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    const answer = post(`${url}/models/cats/load?wait=60000`, '{"revision": "v2"}');
    await when(serving, () => serving.replacements.length === 1);
    serving.replacements[0]?.reject(new HornetError('ERR_SERVING_BUSY', 'Busy.'));
    expect([(await answer).status, await (await answer).json()]).toMatchObject([409, { code: 'ERR_SERVING_BUSY' }]);
  });

  it('answers an unload once it is through', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    let answered = false;
    const answer = post(`${url}/models/cats/unload`).finally(() => {
      answered = true;
    });
    await when(serving, () => serving.unloads.length === 1);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(answered).toBe(false);
    serving.enter('unloaded');
    serving.unloads[0]?.resolve();
    expect([(await answer).status, await (await answer).json()]).toMatchObject([200, { state: 'unloaded' }]);
  });

  it.each(['load', 'unload'])('names the servings that there are where there is none to %s', async (verb) => {
    const { url } = await start(new FakeServing());
    const answer = await post(`${url}/models/dogs/${verb}`);
    expect([answer.status, await answer.json()]).toMatchObject([
      404,
      { code: 'ERR_SERVING_NOT_FOUND', servings: ['cats'] },
    ]);
  });
});
