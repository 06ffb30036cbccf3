import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createServer, type HornetServer, type ServerOptions } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';

const picture = (name: string): Buffer => readFileSync(join(packageRoot, 'test/pictures', name));

describe('the HTTP server', () => {
  useDocumentedAnswers();
  const open: HornetServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  /** One server with its defaults for all tests that only ask it something. */
  const common = createServer({ port: 0 });
  let commonUrl: string;
  beforeAll(async () => {
    commonUrl = await common.listen();
  });
  afterAll(() => common.close());

  async function start(options: ServerOptions = {}): Promise<string> {
    const server = createServer({ port: 0, ...options });
    open.push(server);
    return server.listen();
  }
  const post = (url: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { method: 'POST', body: body as Uint8Array<ArrayBuffer>, headers });

  it('classifies an image and says how long each stage took', async () => {
    const response = await post(`${commonUrl}/classify`, picture('digit-7.png'));
    expect(response.status).toBe(200);
    const labels = (await response.json()) as { label: string; score: number }[];
    expect(labels).toHaveLength(5);
    expect(labels[0]?.label).toBe('7');
    expect(labels[0]?.score).toBeGreaterThan(0.9);
    expect(response.headers.get('Server-Timing')).toMatch(
      /^decode;dur=[\d.]+, preprocess;dur=[\d.]+, queue;dur=[\d.]+, inference;dur=[\d.]+$/,
    );
  });

  it.each([
    ['/classify', 'application/x-www-form-urlencoded'],
    ['/', 'image/jpeg'],
    ['/models/digits', 'application/octet-stream'],
    ['/models/digits/classify', 'text/plain'],
  ])('takes the image at %s whatever the Content-Type says (%s)', async (path, contentType) => {
    const response = await post(commonUrl + path, picture('digit-7.jpg'), { 'Content-Type': contentType });
    expect(await response.json()).toMatchObject([{ label: '7' }, {}, {}, {}, {}]);
  });

  it('takes top_k and function_to_apply from the query', async () => {
    const response = await post(`${commonUrl}/classify?top_k=2&function_to_apply=none`, picture('digit-3.png'));
    const labels = (await response.json()) as { label: string; score: number }[];
    expect(labels).toHaveLength(2);
    // Logits, not probabilities.
    expect(labels[0]?.score).toBeGreaterThan(1);
  });

  it('answers many requests at once, each with the label of its own picture', async () => {
    const digits = Array.from({ length: 60 }, (_, index) => index % 10);
    const answers = await Promise.all(
      digits.map(async (digit) => {
        const response = await post(`${commonUrl}/classify?top_k=1`, picture(`digit-${digit}.png`));
        return ((await response.json()) as { label: string }[])[0]?.label;
      }),
    );
    expect(answers).toEqual(digits.map(String));
  });

  it('serves several models by name, the first one as the default', async () => {
    const url = await start({ models: ['one=digits', 'two=digits'] });
    expect((await post(`${url}/models/two`, picture('digit-1.png'))).status).toBe(200);
    const models = (await (await fetch(`${url}/models`)).json()) as { name: string; state: string }[];
    expect(models.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('is live at once and ready when every serving is', async () => {
    const url = await start();
    expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ live: true });
    await post(`${url}/classify`, picture('digit-1.png'));
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ ready: true, servings: [{ name: 'digits', state: 'ready' }] });
    expect((await fetch(`${url}/models/digits/ready`)).status).toBe(200);
  });

  it('stays up, and says why it is not ready, when a model cannot be loaded', async () => {
    const url = await start({ models: ['/nonexistent/model', 'digits'] });
    expect((await post(`${url}/models/digits`, picture('digit-1.png'))).status).toBe(200);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      servings: [{ state: 'failed', error: { code: 'ERR_MODEL_NOT_FOUND' } }, { state: 'ready' }],
    });
    const refused = await post(`${url}/classify`, picture('digit-1.png'));
    expect([refused.status, await refused.json()]).toMatchObject([500, { code: 'ERR_MODEL_NOT_FOUND' }]);
  });

  it.each([
    ['POST', '/classify?top_k=0', 400, 'ERR_PARAMETER_INVALID'],
    ['POST', '/classify?top_k=five', 400, 'ERR_PARAMETER_INVALID'],
    ['POST', '/classify?function_to_apply=relu', 400, 'ERR_PARAMETER_INVALID'],
    ['POST', '/classify', 400, 'ERR_BODY_EMPTY'],
    ['GET', '/classify', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['DELETE', '/models/digits', 405, 'ERR_METHOD_NOT_ALLOWED'],
    ['GET', '/nowhere', 404, 'ERR_ROUTE_NOT_FOUND'],
    ['GET', '/models/%E0%A4%A', 400, 'ERR_REQUEST_INVALID'],
    ['POST', '/models/cats', 404, 'ERR_SERVING_NOT_FOUND'],
  ])('answers %s %s with %i %s', async (method, path, status, code) => {
    const response = await fetch(commonUrl + path, { method });
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ code, error: expect.any(String), remedy: expect.any(String) }),
    ]);
  });

  it.each(['soon', '0', '-5'])('refuses the header X-Timeout-Ms: %s', async (value) => {
    const response = await post(`${commonUrl}/classify`, picture('digit-1.png'), { 'X-Timeout-Ms': value });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'ERR_PARAMETER_INVALID' }]);
  });

  it('refuses a body that is too long by its Content-Length, and keeps the connection', async () => {
    const url = await start({ maxBodyBytes: 1000 });
    const response = await post(`${url}/classify`, Buffer.alloc(200_000));
    expect([response.status, await response.json()]).toMatchObject([413, { code: 'ERR_IMAGE_TOO_LARGE' }]);
    expect(response.headers.get('Connection')).toBe('keep-alive');
  });

  it('refuses a chunked body at the byte that is too much, before its end', async () => {
    const url = await start({ maxBodyBytes: 1000 });
    const request = httpRequest(`${url}/classify`, { method: 'POST' });
    const answered = once(request, 'response') as Promise<[import('node:http').IncomingMessage]>;
    request.write(Buffer.alloc(2000));
    // The body never ends: the answer cannot have waited for it.
    const [response] = await answered;
    expect(response.statusCode).toBe(413);
    request.on('error', () => {}).destroy();
  });

  it('answers a client that expects 100-continue with the refusal alone', async () => {
    const url = await start({ maxBodyBytes: 1000 });
    const request = httpRequest(`${url}/classify`, {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 5000 },
    });
    let continued = false;
    request.on('continue', () => {
      continued = true;
    });
    request.flushHeaders();
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    expect([response.statusCode, continued]).toEqual([413, false]);
    request.on('error', () => {}).destroy();
  });

  it('cuts off a sender that is slower than the deadline', async () => {
    const url = await start({ timeoutMs: 300 });
    // Until then the answer would be that the model is loading.
    await expect.poll(async () => (await fetch(`${url}/health/ready`)).status).toBe(200);
    const request = httpRequest(`${url}/classify`, { method: 'POST', headers: { 'Content-Length': 5000 } });
    request.write('x');
    const [response] = (await once(request, 'response')) as [import('node:http').IncomingMessage];
    expect(response.statusCode).toBe(408);
    request.on('error', () => {}).destroy();
  });

  it('refuses with 429 when the queue is full, before it reads the body, and works again afterwards', async () => {
    const url = await start({ maxQueue: 1 });
    await post(`${url}/classify`, picture('digit-1.png'));
    const slow = httpRequest(`${url}/classify`, { method: 'POST', headers: { Expect: '100-continue' } });
    slow.flushHeaders();
    // The server has asked for the body, so the request holds the only place.
    await once(slow, 'continue');
    const refused = await post(`${url}/classify`, picture('digit-1.png'));
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'ERR_QUEUE_FULL' }]);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    slow.end(picture('digit-1.png'));
    const [response] = (await once(slow, 'response')) as [import('node:http').IncomingMessage];
    expect(response.resume().statusCode).toBe(200);
    await once(response, 'end');
    expect((await post(`${url}/classify`, picture('digit-1.png'))).status).toBe(200);
  });

  it('frees the place of a client that goes away', async () => {
    const url = await start({ maxQueue: 1 });
    await post(`${url}/classify`, picture('digit-1.png'));
    const gone = httpRequest(`${url}/classify`, { method: 'POST', headers: { Expect: '100-continue' } });
    gone.on('error', () => {});
    gone.flushHeaders();
    await once(gone, 'continue');
    gone.destroy();
    await expect.poll(async () => (await post(`${url}/classify`, picture('digit-1.png'))).status).toBe(200);
  });

  it('answers what is not HTTP with an error of its own', async () => {
    const url = new URL(commonUrl);
    const socket = connect(Number(url.port), url.hostname);
    socket.end('nonsense\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('ERR_REQUEST_INVALID');
  });

  it('answers accepted requests when it is closed, then refuses connections', async () => {
    const url = await start();
    const [server] = open as [HornetServer];
    await post(`${url}/classify`, picture('digit-1.png'));
    const accepted = httpRequest(`${url}/classify`, { method: 'POST', headers: { Expect: '100-continue' } });
    accepted.flushHeaders();
    await once(accepted, 'continue');
    const closed = server.close();
    accepted.end(picture('digit-2.png'));
    const [response] = (await once(accepted, 'response')) as [import('node:http').IncomingMessage];
    expect(response.resume().statusCode).toBe(200);
    await closed;
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('ends at once when clients hold connections without a request', async () => {
    const url = new URL(await start());
    const [server] = open as [HornetServer];
    const sockets = await Promise.all(
      ['', 'GET /health/live HTTP/1.1\r\nHost:', 'nonsense\r\n\r\n'].map(async (text) => {
        const socket = connect({ port: Number(url.port), host: url.hostname, allowHalfOpen: true });
        await once(socket, 'connect');
        socket.write(text);
        return socket;
      }),
    );
    await fetch(`${url.origin}/health/live`);
    const closed = sockets.map((socket) => once(socket.resume(), 'end'));
    await server.close();
    await Promise.all(closed);
    for (const socket of sockets) socket.destroy();
  });

  it('leaves no timer behind for a request that it refuses', async () => {
    const url = await start({ maxQueue: 1 });
    await post(`${url}/classify`, picture('digit-1.png'));
    const held = httpRequest(`${url}/classify`, { method: 'POST', headers: { Expect: '100-continue' } });
    held.on('error', () => {}).flushHeaders();
    await once(held, 'continue');
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const refusals = Array.from({ length: 50 }, () => post(`${url}/classify`, Buffer.alloc(10)));
    const statuses = await Promise.all(refusals.map(async (answer) => (await answer).status));
    expect(new Set(statuses)).toEqual(new Set([429]));
    // Some timers belong to the client's connections; fifty would be those of the requests.
    expect(timers() - before).toBeLessThan(40);
    held.destroy();
  });

  it.each(['/nowhere', '/classify?top_k=0', '/models/nobody/classify'])(
    'cuts off a sender that goes on and on after a refusal at %s',
    async (path) => {
      const { hostname, port } = new URL(commonUrl);
      // Not a client of node:http, which stops writing once it has the answer.
      const socket = connect(Number(port), hostname);
      const gone = new Promise((resolve) => socket.once('close', resolve));
      let answer = '';
      socket
        .on('error', () => {})
        .on('data', (text) => {
          answer += String(text);
        });
      socket.write(`POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: ${1000 * 1024 * 1024}\r\n\r\n`);
      const piece = Buffer.alloc(1024 * 1024);
      let sent = 0;
      const pump = (): void => {
        while (sent < 1000 && !socket.destroyed) {
          sent++;
          if (!socket.write(piece)) {
            socket.once('drain', pump);
            return;
          }
        }
      };
      pump();
      await gone;
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(sent).toBeGreaterThan(60);
      expect(sent).toBeLessThan(1000);
    },
  );

  it('answers 503, not 408, when the deadline comes while the model is loading', async () => {
    // A Hub that takes connections and says nothing: the model is loading for as long as the test wants.
    const hub = createTcpServer().listen(0, '127.0.0.1');
    await once(hub, 'listening');
    vi.stubEnv('HF_ENDPOINT', `http://127.0.0.1:${(hub.address() as AddressInfo).port}`);
    const home = mkdtempSync(join(tmpdir(), 'hornet-http-'));
    try {
      const url = await start({ models: ['org/model'], home });
      const response = await post(`${url}/classify`, picture('digit-1.png'), { 'X-Timeout-Ms': '1' });
      expect([response.status, await response.json()]).toMatchObject([503, { code: 'ERR_SERVING_LOADING' }]);
      expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    } finally {
      vi.unstubAllEnvs();
      hub.close();
      rmSync(home, { recursive: true });
    }
  });

  it('listens once only', async () => {
    await start();
    const [server] = open as [HornetServer];
    await expect(server.listen()).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
  });

  it('reports a port that is taken', async () => {
    const url = new URL(commonUrl);
    await expect(start({ port: Number(url.port) })).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
  });
});
