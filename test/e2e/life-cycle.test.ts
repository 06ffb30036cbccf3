import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type HornetServer, type ServerOptions } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';
import { startHornet } from './run-hornet.js';

const picture = readFileSync(join(packageRoot, 'test/pictures/digit-2.png')) as Buffer<ArrayBuffer>;
const classify = (url: string): Promise<Response> => fetch(`${url}/classify`, { method: 'POST', body: picture });

/** A request that the server has taken in and whose body it waits for. */
async function begin(url: string): Promise<ClientRequest> {
  const request = httpRequest(`${url}/classify`, { method: 'POST', headers: { Expect: '100-continue' } });
  request.on('error', () => {}).flushHeaders();
  await once(request, 'continue');
  return request;
}

async function answerOf(request: ClientRequest): Promise<{ status: number | undefined; body: string }> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, body };
}

describe('a server that is closed', () => {
  useDocumentedAnswers();
  const open: HornetServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  async function start(options: ServerOptions = {}): Promise<{ server: HornetServer; url: string }> {
    const server = createServer({ port: 0, ...options });
    open.push(server);
    const url = await server.listen();
    expect((await classify(url)).status).toBe(200);
    return { server, url };
  }

  it('says so to whoever asks, takes nothing new, and ends with the last answer', async () => {
    const { server, url } = await start();
    const accepted = await begin(url);
    const closed = server.close();
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false }]);
    const refused = await classify(url);
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'ERR_SERVING_CLOSED' }]);
    expect(refused.headers.get('Connection')).toBe('close');
    const answered = answerOf(accepted);
    accepted.end(picture);
    expect((await answered).status).toBe(200);
    await closed;
    await expect(fetch(`${url}/health/live`)).rejects.toThrow();
  });

  it('answers 503 to what is not done when the grace period is over', async () => {
    const { server, url } = await start();
    const accepted = await begin(url);
    const answered = answerOf(accepted);
    await server.close({ graceMs: 50 });
    const { status, body } = await answered;
    expect([status, JSON.parse(body)]).toMatchObject([503, { code: 'ERR_SERVING_CLOSED' }]);
  });
});

describe('hornet serve', () => {
  it('exits 0 after a signal when it has answered what it had accepted', async () => {
    const server = await startHornet();
    expect((await classify(server.url)).status).toBe(200);
    const accepted = await begin(server.url);
    const stopping = server.next('server.stopping');
    const exited = server.stop('SIGTERM');
    expect(await stopping).toMatchObject({ reason: 'SIGTERM' });
    const answered = answerOf(accepted);
    accepted.end(picture);
    expect((await answered).status).toBe(200);
    expect(await exited).toBe(0);
  });

  it('exits 0 after the grace period, and logs what it has given up', async () => {
    const server = await startHornet(['--shutdown-grace', '50']);
    expect((await classify(server.url)).status).toBe(200);
    const answered = answerOf(await begin(server.url));
    expect(await server.stop('SIGTERM')).toBe(0);
    expect((await answered).status).toBe(503);
    expect(server.log).toContainEqual(
      expect.objectContaining({
        event: 'server.cut-off',
        openRequests: 1,
        servings: [{ name: 'digits', state: expect.any(String), images: 1 }],
      }),
    );
  });

  it('exits 0 when nobody has used it for as long as it was told', async () => {
    const server = await startHornet(['--stop-after-idle', '100ms']);
    expect(await server.exited).toBe(0);
    expect(server.log).toContainEqual(expect.objectContaining({ event: 'server.stopping', reason: 'idle' }));
  });

  it('exits 1 after an error that nobody caught, when it has logged it and answered what it had accepted', async () => {
    const thrower = 'data:text/javascript,process.on("SIGUSR2",()=>{throw new Error("nobody catches this")})';
    const server = await startHornet([], {}, ['--import', thrower]);
    expect((await classify(server.url)).status).toBe(200);
    const accepted = await begin(server.url);
    const stopping = server.next('server.stopping');
    process.kill(server.pid, 'SIGUSR2');
    await stopping;
    // Another one meanwhile changes nothing.
    process.kill(server.pid, 'SIGUSR2');
    const answered = answerOf(accepted);
    accepted.end(picture);
    expect((await answered).status).toBe(200);
    expect(await server.exited).toBe(1);
    expect(server.log).toContainEqual(
      expect.objectContaining({
        event: 'process.failed',
        origin: 'uncaughtException',
        err: expect.objectContaining({ message: 'nobody catches this' }),
        openRequests: 1,
        servings: [{ name: 'digits', state: 'ready', images: 1 }],
      }),
    );
  });
});
