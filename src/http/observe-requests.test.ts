import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { silentLogger } from '../logging/create-logger.js';
import type { ObservedRequest } from '../telemetry/http-metrics.js';
import { refreshedBehind } from '../telemetry/refreshed-behind.js';
import { Scrape } from '../telemetry/scrape.test-support.js';
import { aCat, FakeServing, when } from './fake-serving.test-support.js';
import { RequestObserver } from './observe-requests.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

interface Line {
  readonly requestId: string;
  readonly status: number;
  readonly [field: string]: unknown;
}

describe('requests', () => {
  let serving: FakeServing;
  let app: RunningApp;
  let lines: Line[];

  beforeEach(async () => {
    lines = [];
    const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line) as Line) });
    serving = new FakeServing('cats');
    app = await startApp([serving, new FakeServing('dogs')], { log, accessLog: 'all' });
  });
  afterEach(() => app.stop());

  const scrape = async (): Promise<Scrape> => new Scrape(await app.metrics.text());
  const counted = async (labels: Record<string, string>): Promise<number | undefined> =>
    (await scrape()).value('hornet_http_requests_total', labels);
  /** The only line, once it is there. */
  const line = async (): Promise<Line> => {
    await expect.poll(() => lines.length).toBe(1);
    return lines[0] as Line;
  };

  /** A connection of its own; resolves what came over it when it has ended. */
  async function raw(text: string): Promise<{ socket: Socket; answer: Promise<string> }> {
    const { port } = new URL(app.url);
    const socket = connect(Number(port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    const answer = once(socket, 'close').then(() => Buffer.concat(chunks).toString());
    await once(socket, 'connect');
    socket.write(text);
    return { socket, answer };
  }

  it('have the id that the client gave them, in the answer and in the log', async () => {
    const answer = await fetch(`${app.url}/models/cats?secret=1`, { headers: { 'X-Request-Id': 'mine/1' } });
    expect(answer.headers.get('X-Request-Id')).toBe('mine/1');
    const bytes = (await answer.text()).length;
    expect(await line()).toMatchObject({
      event: 'http.request',
      requestId: 'mine/1',
      method: 'GET',
      route: '/models/:name',
      path: '/models/cats',
      status: 200,
      durationMs: expect.any(Number),
      serving: 'cats',
    });
    expect(lines[0]?.responseBytes).toBeGreaterThan(bytes);
    expect(lines[0]?.responseBytes).toBeLessThan(bytes + 1000);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it.each([
    ['GET', '/v2/models/dogs/ready'],
    ['GET', '/v2/models/dogs/versions/2'],
    ['POST', '/v2/models/dogs/infer'],
    ['GET', '/v2/models/dogs/stats'],
  ])('are logged with the serving that they ask also in the inference protocol: %s %s', async (method, path) => {
    await (await fetch(app.url + path, { method })).arrayBuffer();
    expect(await line()).toMatchObject({ serving: 'dogs' });
  });

  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/models/mice', 404],
    ['DELETE', '/models/cats', 405],
    ['GET', '/models/%ff', 400],
    ['GET', '/health/live', 200],
  ])('have an id of our own where they came without: %s %s', async (method, path, status) => {
    const answer = await fetch(app.url + path, { method });
    await answer.arrayBuffer();
    expect(answer.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await line()).toMatchObject({ status, requestId: answer.headers.get('X-Request-Id') });
  });

  it.each([
    ['ends in the middle of its body', 'Content-Length: 10\r\n\r\nabc', ''],
    ['goes on with a malformed body', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 'zz\r\n'],
  ])('are counted and answered once where a refused one %s', async (_, begin, rest) => {
    const { socket, answer } = await raw(`POST /nowhere HTTP/1.1\r\nHost: x\r\n${begin}`);
    await line();
    socket.end(rest);
    expect((await answer).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 404']);
    expect(lines).toHaveLength(1);
    expect(await counted({ route: 'none', status: '404' })).toBe(1);
    expect(await counted({ route: 'none', status: '400' })).toBeUndefined();
  });

  it('are told apart by why they failed, and none is named after what is not there', async () => {
    for (const path of ['/models/mice', '/models/rats', '/nowhere']) await (await fetch(app.url + path)).json();
    serving.refusal = new HornetError('ERR_QUEUE_FULL', 'Full.');
    await (await fetch(`${app.url}/classify`, { method: 'POST', body: 'x' })).json();
    await expect.poll(() => lines.length).toBe(4);
    const seen = await scrape();
    const failures = (code: string): number | undefined => seen.value('hornet_http_failures_total', { code });
    expect(failures('ERR_SERVING_NOT_FOUND')).toBe(2);
    expect(failures('ERR_ROUTE_NOT_FOUND')).toBe(1);
    expect(failures('ERR_QUEUE_FULL')).toBe(1);
    expect(lines.map(({ serving: name, code }) => [name, code])).toEqual([
      [undefined, 'ERR_SERVING_NOT_FOUND'],
      [undefined, 'ERR_SERVING_NOT_FOUND'],
      [undefined, 'ERR_ROUTE_NOT_FOUND'],
      ['cats', 'ERR_QUEUE_FULL'],
    ]);
  });

  it('whose client has gone are 499, however the serving ends', async () => {
    const request = 'POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
    const { socket } = await raw(request);
    await when(serving, () => serving.images.length === 1);
    socket.destroy();
    expect(await line()).toMatchObject({ status: 499, code: 'ERR_CANCELLED', route: '/classify', serving: 'cats' });
    expect(lines[0]?.requestBytes).toBe(request.length);
    expect(await counted({ route: '/classify', status: '499' })).toBe(1);
    expect((await scrape()).value('hornet_http_failures_total', { code: 'ERR_CANCELLED' })).toBe(1);
  });

  it('whose client goes in the middle of the body are 499', async () => {
    const { socket } = await raw('POST /classify HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nabc');
    await when(serving, () => serving.bytes.length === 1);
    socket.destroy();
    expect(await line()).toMatchObject({ status: 499, code: 'ERR_CANCELLED' });
  });

  it('that are not HTTP are counted and logged as what they were answered', async () => {
    const { answer } = await raw('nonsense\r\n\r\n');
    const [, id] = /X-Request-Id: (\S+)/.exec(await answer) ?? [];
    expect(await answer).toContain('HTTP/1.1 400 ');
    expect(await line()).toMatchObject({
      requestId: id,
      ...{ method: null, route: 'none', path: null, status: 400, durationMs: null, requestBytes: expect.any(Number) },
      code: 'ERR_REQUEST_INVALID',
    });
    expect(lines[0]?.responseBytes).toBe((await answer).length);
    expect(await counted({ route: 'none', method: 'other', status: '400' })).toBe(1);
    expect((await scrape()).value('hornet_http_request_duration_seconds_count')).toBeUndefined();
  });

  it('whose body goes wrong half way are one request, with the status that was sent', async () => {
    const { socket, answer } = await raw(
      'POST /classify HTTP/1.1\r\nHost: x\r\nX-Request-Id: half\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    );
    await when(serving, () => serving.bytes[0] === 3);
    socket.write('no size\r\n');
    expect(await answer).toContain('HTTP/1.1 400 ');
    expect(await answer).toContain('X-Request-Id: half');
    expect(await line()).toMatchObject({ status: 400, code: 'ERR_REQUEST_INVALID', requestId: 'half' });
    expect(await counted({})).toBe(1);
  });

  it('count what came over their connection, each its own', async () => {
    const head = (id: number): string => `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\n\r\n`;
    const { socket, answer } = await raw(head(1));
    await line();
    socket.write(head(2));
    await expect.poll(() => lines.length).toBe(2);
    socket.end();
    const total = (await answer).length;
    expect(lines.map(({ requestId, requestBytes }) => [requestId, requestBytes])).toEqual([
      ['1', head(1).length],
      ['2', head(2).length],
    ]);
    expect(lines.reduce((sum, { responseBytes }) => sum + Number(responseBytes), 0)).toBe(total);
  });

  it('are logged as slow as they were', async () => {
    const answer = fetch(`${app.url}/models/cats/classify`, { method: 'POST', body: 'x' });
    await when(serving, () => serving.images.length === 1);
    serving.images[0]?.resolve(aCat);
    expect((await answer).status).toBe(200);
    const { durationMs } = await line();
    expect(durationMs).toBeGreaterThan(0);
    const seen = await scrape();
    const route = '/models/:name/classify';
    expect(seen.value('hornet_http_request_duration_seconds_sum', { route })).toBeCloseTo(Number(durationMs) / 1000, 5);
  });

  it('get metrics by HEAD without a body', async () => {
    const answer = await fetch(`${app.url}/metrics`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Type')).toContain('text/plain; version=0.0.4');
    expect(await answer.text()).toBe('');
    expect(new Scrape(await (await fetch(`${app.url}/metrics`)).text()).series.length).toBeGreaterThan(50);
  });
});

describe('an answer that does not end by itself', () => {
  it('was given when its client leaves', async () => {
    const seen = new EventEmitter<{ request: [ObservedRequest] }>();
    const metrics = { observeRequest: (one: ObservedRequest) => seen.emit('request', one) };
    const observer = new RequestObserver({ metrics, log: silentLogger, accessLog: 'all' });
    const app = express().get('/stream/:name', (request, response) => {
      observer.observe(request, response);
      response.write('one');
    });
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stop = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/stream/a`, { signal: stop.signal });
    const observed = once(seen, 'request');
    await answer.body?.getReader().read();
    stop.abort();
    expect(await observed).toMatchObject([{ route: '/stream/:name', status: 200, errorCode: null }]);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a scrape', () => {
  it('is answered while nobody says how full the volume and the GPUs are', async () => {
    const hangs = (): Promise<never> => new Promise(() => {});
    const never = refreshedBehind({ measure: hangs, maxAgeMs: 0, now: () => 0 });
    const app = await startApp([new FakeServing()], { measured: { gpus: never, volume: never } });
    for (let times = 0; times < 3; times++) {
      const seen = new Scrape(await (await fetch(`${app.url}/metrics`)).text());
      expect(seen.value('hornet_build_info')).toBe(1);
      expect(seen.series.filter(({ name }) => /gpu|cache/.test(name))).toEqual([]);
    }
    await app.stop();
  });
});
