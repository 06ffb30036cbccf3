import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express, { type RequestHandler } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../logging/create-logger.js';
import { ManualClock } from '../serving/manual-clock.test-support.js';
import type { ServingStatus } from '../serving/serving-state.js';
import { createServer as createHornet } from './create-server.js';
import { type EventsRouteOptions, eventsRoute } from './events-route.js';
import { FakeServing } from './fake-serving.test-support.js';
import { httpErrorHandler } from './http-error.js';
import { guardRequests } from './security/guard-requests.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

/** What a client has read so far. */
class Reader {
  text = '';
  readonly ended: Promise<void>;

  constructor(response: Response) {
    this.ended = this.#read(response);
  }

  /** States of the first serving, in the order in which they were told. */
  get told(): string[] {
    return this.statuses.map(({ state }) => state);
  }

  get statuses(): ServingStatus[] {
    const events = this.text.matchAll(/^event: servings\ndata: (.*)\n\n/gm);
    return [...events].flatMap(([, data = '']) => (JSON.parse(data) as ServingStatus[]).slice(0, 1));
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as ReadableStream<Uint8Array>) this.text += decoder.decode(chunk);
  }
}

describe('GET /events', () => {
  const open: (() => unknown)[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((close) => close()));
  });

  /** The route alone, by a clock that stands still. */
  async function startRoute(
    serving: FakeServing,
    options: Partial<EventsRouteOptions> = {},
    guard: RequestHandler = (_request, _response, next) => next(),
  ): Promise<{ url: string; http: Server; clock: ManualClock; drain: () => void }> {
    const clock = new ManualClock();
    const draining = new AbortController();
    const app = express();
    app.all('/events', guard, eventsRoute({ servings: [serving], draining: draining.signal, clock, ...options }));
    app.use(httpErrorHandler(silentLogger));
    const http = createServer(app).listen(0, '127.0.0.1');
    await once(http, 'listening');
    open.push(() => {
      http.closeAllConnections();
      http.close();
    });
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/events`;
    return { url, http, clock, drain: () => draining.abort() };
  }
  async function start(serving: FakeServing): Promise<RunningApp> {
    const app = await startApp([serving]);
    open.push(app.stop);
    return app;
  }
  async function read(url: string, headers: Record<string, string> = {}): Promise<Reader> {
    const leave = new AbortController();
    const response = await fetch(url, { headers, signal: leave.signal });
    expect(response.status).toBe(200);
    open.push(() => leave.abort());
    const reader = new Reader(response);
    reader.ended.catch(() => undefined);
    return reader;
  }

  it('tells what GET /models answers, at once and after a change, without paths', async () => {
    const serving = new FakeServing('cats', 'loading');
    serving.model = '/srv/secret/cats';
    const { url } = await start(serving);
    const reader = await read(`${url}/events`);
    await expect.poll(() => reader.told).toEqual(['loading']);
    expect(reader.statuses).toEqual(await (await fetch(`${url}/models`)).json());
    serving.enter('ready');
    await expect.poll(() => reader.told).toEqual(['loading', 'ready']);
    expect(reader.text).not.toContain('secret');
  });

  it('may not be cached, or kept back by a proxy, and answers HEAD without a stream', async () => {
    const { url, http } = await startRoute(new FakeServing());
    const answer = await fetch(url, { method: 'HEAD' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await expect.poll(() => connectionsOf(http)).toBeLessThanOrEqual(1);
  });

  it('ends with the first heartbeat after its token is good no longer', async () => {
    const known = new Set(['one', 'two']);
    const scopesOf = (token: string) => new Set(known.has(token) ? (['infer'] as const) : []);
    const guard = guardRequests({ tokens: { required: true, scopesOf } });
    const { url, clock } = await startRoute(new FakeServing(), {}, guard);
    const [one, two] = await Promise.all(
      ['one', 'two'].map((token) => read(url, { Authorization: `Bearer ${token}` })),
    );
    await clock.advance(15_000);
    await expect.poll(() => [one?.text, two?.text].every((text) => text?.includes(': still here'))).toBe(true);
    known.delete('one');
    await clock.advance(15_000);
    await one?.ended;
    await expect.poll(() => two?.text.split(': still here')).toHaveLength(3);
  });

  it('is no use of the server', async () => {
    const app = await start(new FakeServing());
    const reader = await read(`${app.url}/events`);
    await expect.poll(() => reader.told).toHaveLength(1);
    expect(app.uses).toEqual({ begun: 0, open: 0 });
  });

  it('tells at most four changes in a second, and the last one always', async () => {
    const serving = new FakeServing('cats', 'downloading');
    const { url, clock } = await startRoute(serving);
    const reader = await read(url);
    await expect.poll(() => reader.told).toHaveLength(1);
    for (let percent = 1; percent <= 100; percent++) {
      serving.percent = percent;
      serving.events.emit('progress', { serving: 'cats', percent, message: null });
      await clock.advance(10);
    }
    await clock.advance(250);
    await expect.poll(() => reader.statuses.at(-1)?.percent).toBe(100);
    expect(reader.told.length).toBeGreaterThan(3);
    expect(reader.told.length).toBeLessThanOrEqual(1 + 5);
  });

  it('tells within a second what raises no event, and nothing twice', async () => {
    const serving = new FakeServing();
    const { url, clock } = await startRoute(serving);
    const reader = await read(url);
    await expect.poll(() => reader.told).toHaveLength(1);
    await clock.advance(3000);
    serving.inFlight = 3;
    await clock.advance(1000);
    serving.events.emit('progress', { serving: 'cats', percent: null, message: null });
    await clock.advance(1000);
    serving.enter('draining');
    await clock.advance(1000);
    await expect.poll(() => reader.told).toEqual(['ready', 'ready', 'draining']);
  });

  it('sends a comment every 15 s', async () => {
    const { url, clock } = await startRoute(new FakeServing());
    const reader = await read(url);
    await expect.poll(() => reader.told).toHaveLength(1);
    await clock.advance(45_000);
    await expect.poll(() => reader.text.match(/^: .*\n\n/gm)?.length).toBe(3);
  });

  it('ends when the server drains, and refuses those who come back', async () => {
    const app = await start(new FakeServing());
    const reader = await read(`${app.url}/events`);
    await expect.poll(() => reader.told).toHaveLength(1);
    app.drain();
    await reader.ended;
    const answer = await fetch(`${app.url}/events`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'ERR_SERVING_CLOSED' }]);
  });

  it('does not keep a server from ending before its grace is over', async () => {
    const server = createHornet({ port: 0, backend: 'onnxruntime', shutdownGraceMs: 60_000 });
    const reader = await read(`${await server.listen()}/events`);
    await expect.poll(() => reader.told).not.toEqual([]);
    const startMs = performance.now();
    await server.close();
    await reader.ended;
    expect(performance.now() - startMs).toBeLessThan(30_000);
  });

  it('refuses more streams than it allows, until one has gone', async () => {
    const serving = new FakeServing();
    const { url } = await startRoute(serving, { maxStreams: 1 });
    await read(url);
    const answer = await fetch(url);
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'ERR_TOO_MANY_STREAMS' }]);
    expect(serving.events.listenerCount('state')).toBe(1);
    for (const leave of open.splice(1)) await leave();
    await expect.poll(async () => (await fetch(url, { method: 'HEAD' })).status).toBe(200);
    // Nobody watches any more, so nothing is watched.
    await expect.poll(() => serving.events.listenerCount('state')).toBe(0);
  });

  describe('of a client that does not read', () => {
    /** A client that has asked and reads nothing, and what the server keeps for it. */
    async function stall(http: Server, url: string, headers = ''): Promise<{ client: Socket; server: Socket }> {
      const accepted = once(http, 'connection');
      const client = connect(Number(new URL(url).port), '127.0.0.1');
      open.push(() => client.destroy());
      client.pause().write(`GET /events HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
      const [server] = (await accepted) as [Socket];
      return { client, server };
    }
    /** Changes the state until the system takes no more, and then a hundred times. */
    async function fill(serving: FakeServing, clock: ManualClock, server: Socket): Promise<void> {
      serving.model = 'x'.repeat(200_000);
      await expect.poll(() => serving.events.listenerCount('state')).toBe(1);
      for (let count = 0, changes = 0; changes < 100; count++) {
        serving.enter(count % 2 === 0 ? 'loading' : 'ready');
        await clock.advance(250);
        if (server.writableLength > 0) changes++;
      }
    }

    it('keeps no more than one state, and tells the newest when it reads again', async () => {
      const serving = new FakeServing();
      const { url, http, clock } = await startRoute(serving);
      const { client, server } = await stall(http, url);
      await fill(serving, clock, server);
      expect(server.writableLength).toBeLessThan(2 * 200_000);
      serving.percent = 77;
      let text = '';
      client.on('data', (chunk) => {
        text = (text + chunk.toString()).slice(-300_000);
      });
      client.resume();
      await expect.poll(() => text.includes('"percent":77')).toBe(true);
    });

    it('is cut off where it has read nothing from one heartbeat to the next', async () => {
      const serving = new FakeServing();
      const { url, http, clock } = await startRoute(serving);
      const { server } = await stall(http, url);
      await fill(serving, clock, server);
      await clock.advance(30_000);
      expect(server.destroyed).toBe(true);
    });

    it('is cut off a heartbeat after its token is good no longer, and told nothing more', async () => {
      const serving = new FakeServing();
      let isGood = true;
      const scopesOf = () => new Set(isGood ? (['infer'] as const) : []);
      const { url, http, clock } = await startRoute(
        serving,
        {},
        guardRequests({ tokens: { required: true, scopesOf } }),
      );
      const { server } = await stall(http, url, 'Authorization: Bearer one\r\n');
      await fill(serving, clock, server);
      isGood = false;
      await clock.advance(15_000);
      expect(serving.events.listenerCount('state')).toBe(0);
      await clock.advance(15_000);
      expect(server.destroyed).toBe(true);
    });

    it('does not hold up the end of the server', async () => {
      const serving = new FakeServing();
      const { url, http, clock, drain } = await startRoute(serving);
      const { server } = await stall(http, url);
      await fill(serving, clock, server);
      drain();
      await expect.poll(() => server.destroyed).toBe(true);
    });
  });
});

function connectionsOf(http: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    http.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );
}
