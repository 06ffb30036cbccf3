import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { aCat, FakeServing, unloadedByHand, when } from './fake-serving.test-support.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

describe('the classify route', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(serving: FakeServing, options: Parameters<typeof startApp>[1] = {}): Promise<RunningApp> {
    const app = await startApp([serving], options);
    open.push(app);
    return app;
  }
  const post = (url: string, body = 'a picture', headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/classify`, { method: 'POST', body, headers });

  it('takes the bytes of the Content-Length into account before it reads the body', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    const request = httpRequest(`${url}/classify`, { method: 'POST', headers: { 'Content-Length': 5000 } });
    request.on('error', () => {}).flushHeaders();
    await when(serving, () => serving.bytes.length === 1);
    expect(serving.bytes).toEqual([5000]);
    request.destroy();
    await when(serving, () => serving.inFlight === 0);
  });

  it('gives a body without a length room as it comes', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving, { maxBodyBytes: 7000 });
    const request = httpRequest(`${url}/classify`, { method: 'POST' });
    request.flushHeaders();
    await when(serving, () => serving.bytes.length === 1);
    expect(serving.bytes).toEqual([0]);
    request.write('12345');
    await when(serving, () => serving.bytes[0] === 5);
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.end('678');
    await when(serving, () => serving.images.length === 1);
    expect(serving.bytes).toEqual([8]);
    expect(String(serving.images[0]?.body)).toBe('12345678');
    serving.images[0]?.resolve(aCat);
    expect((await answered)[0].resume().statusCode).toBe(200);
    await when(serving, () => serving.inFlight === 0);
  });

  it('refuses a body without a length once there is no room for more of it', async () => {
    const serving = new FakeServing();
    serving.roomBytes = 5;
    const { url } = await start(serving);
    const request = httpRequest(`${url}/classify`, { method: 'POST' });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.write('12345678');
    const [answer] = await answered;
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '1']);
    answer.resume();
    request.end();
    await when(serving, () => serving.inFlight === 0);
  });

  it('tells all waiting for a turn as queue', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    const answer = post(url);
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    expect((await answer).headers.get('Server-Timing')).toBe(
      'decode;dur=2, preprocess;dur=3, queue;dur=5, inference;dur=5',
    );
    expect(await (await answer).json()).toEqual(aCat.labels);
  });

  it('has a serving loaded that is not, and answers when it is', async () => {
    const serving = new FakeServing('cats', 'unloaded', 'on-demand');
    const { url } = await start(serving);
    const answer = post(url);
    await when(serving, () => serving.loads.length === 1);
    expect(serving.images).toHaveLength(0);
    serving.enter('ready');
    serving.loads[0]?.resolve();
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    expect((await answer).status).toBe(200);
  });

  it.each([
    ['loadingWaitMs has passed', { loadingWaitMs: 1 }, {}],
    ['its own time has passed', {}, { 'X-Timeout-Ms': '1' }],
  ])('answers 503 with the state once %s while the serving is loading', async (_, options, headers) => {
    const serving = new FakeServing('cats', 'downloading');
    serving.percent = 42;
    const { url } = await start(serving, options);
    const answer = await post(url, 'a picture', headers);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { code: 'ERR_SERVING_LOADING', state: 'downloading', percent: 42 },
    ]);
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(serving.inFlight).toBe(0);
  });

  it.each([
    [unloadedByHand, 409, null, 'keep-alive'],
    [new HornetError('ERR_QUEUE_FULL', 'Full.'), 429, '1', 'keep-alive'],
    [new HornetError('ERR_MEMORY_INSUFFICIENT', 'Full.'), 503, '5', 'keep-alive'],
    [new HornetError('ERR_SERVING_CLOSED', 'Closed.'), 503, '5', 'close'],
    [new HornetError('ERR_GPU_MISSING', 'None.'), 500, null, 'keep-alive'],
  ])('answers a refusal as its code says: %s', async (refusal, status, retryAfter, connection) => {
    const serving = new FakeServing();
    serving.refusal = refusal;
    const { url } = await start(serving);
    const answer = await post(url);
    expect([answer.status, await answer.json()]).toMatchObject([status, { code: refusal.code }]);
    expect([answer.headers.get('Retry-After'), answer.headers.get('Connection')]).toEqual([retryAfter, connection]);
  });

  it('aborts the work for a client that goes away, and frees its place', async () => {
    const serving = new FakeServing();
    const { url } = await start(serving);
    const gone = new AbortController();
    const answer = fetch(`${url}/classify`, { method: 'POST', body: 'a picture', signal: gone.signal });
    await when(serving, () => serving.images.length === 1);
    gone.abort();
    await expect(answer).rejects.toThrow();
    await when(serving, () => serving.inFlight === 0);
    expect(serving.images[0]?.options.signal?.reason).toMatchObject({ code: 'ERR_CANCELLED' });
  });

  it('answers what has begun although no new work is taken, until that is cut off', async () => {
    const serving = new FakeServing();
    const app = await start(serving);
    const answers = [post(app.url), post(app.url)];
    await when(serving, () => serving.images.length === 2);
    app.drain();
    const refused = await post(app.url);
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'ERR_SERVING_CLOSED' }]);
    expect(refused.headers.get('Connection')).toBe('close');
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);

    serving.images[0]?.resolve(aCat);
    await when(serving, () => serving.inFlight === 1);
    app.cutOff();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    // Whichever request came first has its answer.
    expect(statuses.sort()).toEqual([200, 503]);
    await when(serving, () => serving.inFlight === 0);
  });

  it('takes many open requests for no leak', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', onWarning);
    const serving = new FakeServing();
    const { url } = await start(serving);
    const answers = Array.from({ length: 20 }, () => post(url));
    await when(serving, () => serving.images.length === 20);
    for (const image of serving.images) image.resolve(aCat);
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('lets a client read the refusal of a large body by a server that ends', async () => {
    const serving = new FakeServing();
    const app = await start(serving, { maxBodyBytes: 30_000_000 });
    app.drain();
    const body = Buffer.alloc(5_000_000);
    for (let round = 0; round < 20; round++) {
      const request = httpRequest(`${app.url}/classify`, {
        method: 'POST',
        headers: { 'Content-Length': body.length },
      });
      request.end(body);
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      expect(answer.statusCode).toBe(503);
    }
  });
});
