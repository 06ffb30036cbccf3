import { describe, expect, it } from 'vitest';
import type { ServingStatus as ServersStatus } from '../serving/serving-state.js';
import type { HornetClientOptions } from './client-options.js';
import { broken, cat, FakeServer, json, type Reply, refusal, type SeenRequest } from './fake-server.test-support.js';
import { HornetClient } from './hornet-client.js';
import { HornetClientError } from './hornet-client-error.js';
import { ManualClientClock } from './manual-client-clock.test-support.js';
import type { ServingStatus } from './server-types.js';

const picture = new Uint8Array([1, 2, 3]);

function setUp(reply: (request: SeenRequest, index: number) => Reply, options: HornetClientOptions = {}, random = 1) {
  const clock = new ManualClientClock();
  const server = new FakeServer(reply, () => clock.now());
  const client = new HornetClient({ fetch: server.fetch, ...options }, { clock, random: () => random });
  return { client, server, clock };
}

/** What a call ends with while time passes. */
async function outcome<T>(call: Promise<T>, clock: ManualClientClock, ms = 100_000): Promise<T | HornetClientError> {
  const settled = call.catch((error: unknown) => error as HornetClientError);
  await clock.advance(ms);
  return await settled;
}

const inTurn =
  (...replies: Reply[]) =>
  (_request: SeenRequest, index: number): Reply =>
    replies[Math.min(index, replies.length - 1)] as Reply;

describe('requests', () => {
  it('carry the picture, the parameters, the time that is left and the token', async () => {
    const { client, server } = setUp(() => json(cat), {
      url: 'https://host/base',
      token: 'abc',
      headers: { 'X-A': 'b' },
    });
    const options = { topK: 2, functionToApply: 'sigmoid', timeoutMs: 1500, requestId: 'r-1' } as const;
    expect(await client.classify('my cats/1', picture, options)).toEqual(cat);
    const [request] = server.requests;
    expect(request?.url.href).toBe('https://host/base/models/my%20cats%2F1/classify?top_k=2&function_to_apply=sigmoid');
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      authorization: 'Bearer abc',
      'content-type': 'application/octet-stream',
      'x-a': 'b',
      'x-request-id': 'r-1',
      'x-timeout-ms': '1500',
    });
    expect(await server.bytes(0)).toEqual([1, 2, 3]);
  });

  it('go to the default serving where none is named, with the type of the file', async () => {
    const { client, server } = setUp(() => json(cat));
    await client.classify(undefined, new Blob([picture], { type: 'image/png' }), {
      timeoutMs: Number.POSITIVE_INFINITY,
    });
    expect(server.requests[0]?.url.href).toBe('http://127.0.0.1:3000/classify');
    expect(Object.fromEntries(server.requests[0]?.headers ?? [])).toEqual({ 'content-type': 'image/png' });
  });

  it('ask for a token anew at each attempt', async () => {
    let tokens = 0;
    const reply = inTurn(refusal(429, 'ERR_QUEUE_FULL'), json(cat));
    const { client, server, clock } = setUp(reply, { token: () => Promise.resolve(`t${++tokens}`) });
    await outcome(client.classify('cats', picture), clock);
    expect(server.requests.map(({ headers }) => headers.get('Authorization'))).toEqual(['Bearer t1', 'Bearer t2']);
  });

  it('wait for a token no longer than for the rest, and count its time', async () => {
    const never = setUp(() => json(cat), { token: () => new Promise(() => {}) });
    expect(await outcome(never.client.classify('cats', picture, { timeoutMs: 500 }), never.clock)).toMatchObject({
      code: 'ERR_CLIENT_TIMEOUT',
    });
    const late = setUp(() => json(cat), { token: () => late.clock.advance(400).then(() => 'abc') });
    await late.client.classify('cats', picture, { timeoutMs: 500 });
    expect(late.server.requests[0]?.headers.get('X-Timeout-Ms')).toBe('100');
  });

  it('tell what the server took for them', async () => {
    const headers = { 'Server-Timing': 'decode;dur=1.25, cache, queue;desc="a b";dur="3"', 'X-Request-Id': 'r-2' };
    const { client } = setUp(() => json(cat, 200, headers));
    expect(await client.classifyDetailed('cats', picture)).toEqual({
      labels: cat,
      timings: { decode: 1.25, queue: 3 },
      requestId: 'r-2',
      attempts: 1,
    });
  });
});

describe('attempts', () => {
  it('wait longer each time, at least as long as asked for, and send what is left of the time', async () => {
    const reply = inTurn(
      broken('ECONNREFUSED'),
      refusal(503, 'ERR_SERVING_LOADING', { state: 'loading' }, { 'Retry-After': '5' }),
      refusal(429, 'ERR_QUEUE_FULL', {}, { 'Retry-After': 'Sat, 21 Nov 2026 12:00:07 GMT' }),
      json(cat),
    );
    const { client, server, clock } = setUp(reply);
    const call = client.classifyDetailed('cats', picture, { timeoutMs: 20_000 });
    expect(await outcome(call, clock)).toMatchObject({ labels: cat, attempts: 4 });
    // The last Retry-After ended 1.4 s after its answer came.
    expect(server.requests.map(({ atMs }) => atMs)).toEqual([0, 200, 5600, 7800]);
    expect(server.requests.map(({ headers }) => headers.get('X-Timeout-Ms'))).toEqual([
      '20000',
      '19800',
      '14400',
      '12200',
    ]);
  });

  it('end with the last failure, which tells all that is known', async () => {
    const details = { bytesHeld: 7 };
    const { client, server, clock } = setUp(() =>
      refusal(429, 'ERR_QUEUE_FULL', details, { 'Retry-After': '1', 'X-Request-Id': 'r-3' }),
    );
    const error = await outcome(client.classify('cats', picture), clock);
    expect(error).toBeInstanceOf(HornetClientError);
    expect(error).toMatchObject({
      code: 'ERR_QUEUE_FULL',
      message: 'It is ERR_QUEUE_FULL.',
      status: 429,
      remedy: 'Do something.',
      details,
      requestId: 'r-3',
      attempts: 4,
      retryAfterMs: 1000,
    });
    expect(server.requests).toHaveLength(4);
  });

  it('are not begun where they would come after the deadline', async () => {
    const { client, server, clock } = setUp(() => refusal(429, 'ERR_QUEUE_FULL', {}, { 'Retry-After': '60' }));
    const error = await outcome(client.classify('cats', picture), clock, 0);
    expect(error).toMatchObject({ code: 'ERR_QUEUE_FULL', attempts: 1, retryAfterMs: 60_000 });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['no list', json({ label: 'cat' })],
    ['no JSON', new Response('welcome')],
    ['labels without scores', json([{ label: 'cat' }])],
  ])('do not follow an answer that is none of Hornet’s: %s', async (_what, reply) => {
    const { client, server, clock } = setUp(() => reply);
    const error = await outcome(client.classify('cats', picture), clock);
    expect(error).toMatchObject({ code: 'ERR_CLIENT_PROTOCOL', status: 200, attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('name the reason that a connection failed for', async () => {
    const { client, clock } = setUp(() => broken('ECONNRESET'), { retries: 1 });
    expect(await outcome(client.classify('cats', picture), clock)).toMatchObject({
      code: 'ERR_CLIENT_NETWORK',
      message: 'http://127.0.0.1:3000 cannot be reached: fetch failed (it is ECONNRESET).',
      attempts: 2,
    });
  });
});

describe('the end of a call', () => {
  it('is its time, over all attempts', async () => {
    const { client, clock } = setUp(inTurn(broken('ECONNRESET'), 'hang'));
    const error = await outcome(client.classify('cats', picture, { timeoutMs: 1000 }), clock, 1000);
    expect(error).toMatchObject({ code: 'ERR_CLIENT_TIMEOUT', attempts: 2, cause: { code: 'ERR_CLIENT_NETWORK' } });
    expect(clock.nextAt).toBeUndefined();
  });

  it.each(['client', 'call'] as const)('is a signal of the %s', async (whose) => {
    const stop = new AbortController();
    const { client, clock } = setUp(() => 'hang', whose === 'client' ? { signal: stop.signal } : {});
    const call = client.classify('cats', picture, whose === 'call' ? { signal: stop.signal } : {});
    const settled = outcome(call, clock, 10);
    stop.abort('enough');
    expect(await settled).toMatchObject({ code: 'ERR_CLIENT_ABORTED', cause: 'enough', attempts: 1 });
    expect(clock.nextAt).toBeUndefined();
  });

  it('comes while it waits for the next attempt as well', async () => {
    const stop = new AbortController();
    const { client, clock, server } = setUp(() => broken('ECONNREFUSED'));
    const settled = outcome(client.classify('cats', picture, { signal: stop.signal }), clock, 10);
    await clock.advance(0);
    stop.abort();
    expect(await settled).toMatchObject({ code: 'ERR_CLIENT_ABORTED', attempts: 1 });
    expect(server.requests).toHaveLength(1);
  });

  it('comes before anything is sent where the signal has aborted already', async () => {
    const { client, server, clock } = setUp(() => json(cat));
    const error = await outcome(client.classify('cats', picture, { signal: AbortSignal.abort() }), clock);
    expect(error).toMatchObject({ code: 'ERR_CLIENT_ABORTED' });
    expect(server.requests).toHaveLength(0);
  });
});

describe('other calls', () => {
  const status: ServersStatus | ServingStatus = { name: 'cats', state: 'ready' } as ServersStatus;
  // What the server reports is what the client says that it reports.
  const reported = (serversStatus: ServersStatus): ServingStatus => serversStatus;

  it('read what the server says of itself', async () => {
    const reply = ({ url }: SeenRequest): Reply =>
      url.pathname === '/status' ? json({ servings: [status] }) : json(url.pathname === '/models' ? [status] : status);
    const { client } = setUp(reply);
    expect(reported(status as ServersStatus)).toBe(status);
    expect((await client.status()).servings).toEqual([status]);
    expect(await client.models()).toEqual([status]);
    expect(await client.model('cats')).toEqual(status);
  });

  it('load with changes in the words of the server, and unload', async () => {
    const { client, server } = setUp(() => json(status));
    const changes = { maxBatch: 4, forceDownload: true, forceBuild: true, dtype: 'fp16' };
    await client.load('cats', changes, { waitMs: 5000, timeoutMs: 1000 });
    await client.load('cats');
    await client.unload('cats');
    expect(server.requests.map(({ url, method, body }) => [method, url.pathname + url.search, body])).toEqual([
      [
        'POST',
        '/models/cats/load?wait=5000',
        '{"dtype":"fp16","max_batch":4,"force_download":true,"force_build":true}',
      ],
      ['POST', '/models/cats/load?wait=0', '{}'],
      ['POST', '/models/cats/unload', null],
    ]);
    expect(server.requests[0]?.headers.get('X-Timeout-Ms')).toBe('6000');
  });

  it('do not exchange a model twice', async () => {
    const { client, server, clock } = setUp(() => broken('ECONNRESET'));
    expect(await outcome(client.load('cats', { dtype: 'fp16' }), clock)).toMatchObject({ code: 'ERR_CLIENT_NETWORK' });
    expect(server.requests).toHaveLength(1);
    await outcome(client.load('cats'), clock);
    expect(server.requests).toHaveLength(5);
  });

  it.each([
    [json({ ready: true, live: true }), true],
    [json({ ready: false, live: false }), false],
    [json({ ready: false }, 503), false],
    [new Response('no healthy upstream', { status: 503 }), false],
    [broken('ECONNREFUSED'), false],
  ])('ask once whether it is there and ready: %#', async (reply, expected) => {
    const { client, server } = setUp(() => reply);
    expect([await client.live(), await client.ready(), await client.ready('cats')]).toEqual([
      expected,
      expected,
      expected,
    ]);
    expect(server.requests.map(({ url }) => url.pathname)).toEqual([
      '/health/live',
      '/health/ready',
      '/models/cats/ready',
    ]);
  });

  it('tell of a serving that does not exist', async () => {
    const { client, clock } = setUp(() => refusal(404, 'ERR_SERVING_NOT_FOUND'));
    const missing = { code: 'ERR_SERVING_NOT_FOUND', status: 404 };
    await expect(client.ready('dogs')).rejects.toMatchObject(missing);
    expect(await outcome(client.waitUntilReady('dogs'), clock)).toMatchObject(missing);
  });

  it('wait until it is ready, from before the server is there', async () => {
    const reply = inTurn(
      broken('ECONNREFUSED'),
      new Response('', { status: 502 }),
      json({ ready: false }, 503),
      json({ ready: true }),
    );
    const { client, server, clock } = setUp(reply);
    expect(await outcome(client.waitUntilReady('cats'), clock)).toBeUndefined();
    expect(server.requests.map(({ atMs }) => atMs)).toEqual([0, 50, 150, 350]);
  });

  it('tell the last state when it did not become ready in time', async () => {
    const { client, clock } = setUp(() => json({ ready: false, state: 'failed' }, 503));
    expect(await outcome(client.waitUntilReady('cats', { timeoutMs: 3000 }), clock)).toMatchObject({
      code: 'ERR_CLIENT_TIMEOUT',
      details: { state: 'failed' },
    });
  });
});

describe('what is refused before anything is sent', () => {
  const server = new FakeServer(() => json(cat));
  const argument = { code: 'ERR_CLIENT_ARGUMENT', attempts: 0 };

  it.each<HornetClientOptions>([
    { url: 'ftp://host' },
    { url: 'not a url' },
    { url: 'http://user:secret@host' },
    { token: 'two words' },
    { token: '' },
    { timeoutMs: 0 },
    { timeoutMs: Number.NaN },
    { retries: 1.5 },
    { concurrency: 0 },
    { headers: { 'no header': 'x' } },
  ])('by the constructor: %o', (options) => {
    expect(() => new HornetClient({ fetch: server.fetch, ...options })).toThrow(expect.objectContaining(argument));
  });

  it('by calls', async () => {
    const client = new HornetClient({ fetch: server.fetch });
    for (const name of ['', '.', '..']) await expect(client.classify(name, picture)).rejects.toMatchObject(argument);
    await expect(client.model('..')).rejects.toMatchObject(argument);
    await expect(client.ready('')).rejects.toMatchObject(argument);
    await expect(client.load('..')).rejects.toMatchObject(argument);
    await expect(client.unload('..')).rejects.toMatchObject(argument);
    await expect(client.classify('cats', 'cat.jpg' as never)).rejects.toMatchObject(argument);
    await expect(client.classify('cats', picture, { topK: 0 })).rejects.toMatchObject(argument);
    await expect(client.models({ requestId: 'a b' })).rejects.toMatchObject(argument);
    const secret = 'se cret';
    const badToken = new HornetClient({ fetch: server.fetch, token: () => secret });
    const error = await badToken.models().catch((thrown: unknown) => thrown as HornetClientError);
    expect(error).toMatchObject({ code: 'ERR_CLIENT_ARGUMENT' });
    expect(String(error)).not.toContain(secret);
    expect(server.requests).toHaveLength(0);
  });
});
