import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type HornetServer, type ServerOptions } from '../../src/index.js';
import { converse } from './converse.mjs';

const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;

describe('the limits of a server', () => {
  const servers: HornetServer[] = [];
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  interface Line {
    readonly level: number;
    readonly event: string;
    readonly msg: string;
  }
  async function start(options: ServerOptions): Promise<{ url: string; port: number; lines: Line[] }> {
    const lines: Line[] = [];
    const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line) as Line) });
    const server = createServer({ port: 0, log, ...options });
    servers.push(server);
    const url = await server.listen();
    return { url, port: Number(new URL(url).port), lines };
  }
  function open(port: number): Socket {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    return socket.on('error', () => {});
  }

  it('close connections that are too many at once, count them, and say so once a second', async () => {
    const { port, lines } = await start({ maxConnections: 2 });
    const first = open(port);
    const second = open(port);
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    // Both are known to the server once it has answered.
    first.write(get('/health/live'));
    second.write(get('/health/live'));
    await Promise.all([once(first, 'data'), once(second, 'data')]);
    const refused = Array.from({ length: 20 }, () => once(open(port).resume(), 'close'));
    await Promise.all(refused);
    first.destroy();
    const answer = async (): Promise<string | undefined> =>
      (await converse(port, { parts: [get('/metrics')] })).answers[0]?.body;
    await expect.poll(answer).toMatch(/^hornet_http_connections_dropped_total \d{2}/m);
    const logged = lines.filter(({ event }) => event === 'connections.dropped');
    expect(logged.length).toBeGreaterThan(0);
    expect(logged.length).toBeLessThan(20);
  });

  it('close a connection on which nothing is asked, without an answer to what nobody asked', async () => {
    const { port } = await start({ timeoutMs: 1 });
    expect(await converse(port, { parts: [] })).toEqual({ answers: [], end: 'closed', rest: '' });
    const { answers, end } = await converse(port, { parts: ['GET / HT'], answers: 2 });
    expect([answers.map(({ status }) => status), end]).toEqual([[408], 'closed']);
  });

  it('end a connection with its last request, and look at nothing behind it', async () => {
    const { port } = await start({ maxRequestsPerConnection: 3 });
    const behind = get('/models').repeat(2);
    const { answers, end } = await converse(port, { parts: [get('/health/live').repeat(3) + behind], answers: 9 });
    expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual([
      [200, 'keep-alive'],
      [200, 'keep-alive'],
      [200, 'close'],
    ]);
    expect(end).toBe('closed');
  });

  it('answer the last request also where it is malformed', async () => {
    const { port } = await start({ maxRequestsPerConnection: 1 });
    const parts = ['POST /classify HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 'x'];
    const { answers, end } = await converse(port, { parts, pauseMs: 50, answers: 9 });
    expect([answers.map(({ status }) => status), end]).toEqual([[400], 'closed']);
  });

  it('do not let one client send requests without end before it waits for answers', async () => {
    const { port } = await start({});
    const { answers, end } = await converse(port, { parts: [get('/nowhere').repeat(1000)], answers: 1001 });
    expect(answers.length).toBe(32);
    expect(answers.at(-1)?.headers.connection).toBe('close');
    expect(end).toMatch(/closed|reset/);
  });

  it('take headers as long as they may be', async () => {
    const { port } = await start({ maxHeaderBytes: 2000 });
    const status = async (bytes: number): Promise<number | undefined> =>
      (await converse(port, { parts: [get('/health/live', `X: ${'y'.repeat(bytes)}\r\n`)] })).answers[0]?.status;
    expect([await status(1500), await status(2500)]).toEqual([200, 431]);
  });

  it.each([
    ['0.0.0.0', {}, 1],
    ['0.0.0.0', { token: 'abcdefghijklmnop' }, 0],
    ['127.0.0.1', {}, 0],
  ])('include who may get in: at %s with %j there are %i warnings', async (host, options, warnings) => {
    const { lines } = await start({ host, ...options });
    expect(lines.filter(({ event, level }) => event === 'server.open-to-all' && level === 40)).toHaveLength(warnings);
  });

  it('let in who has a token of the file as it is now', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hornet-limits-'));
    try {
      const tokenFile = join(folder, 'tokens');
      writeFileSync(tokenFile, 'first-0123456789abcdef');
      const { url } = await start({ tokenFile });
      const status = async (token: string): Promise<number> =>
        (await fetch(`${url}/models`, { headers: { Authorization: `Bearer ${token}` } })).status;
      expect([await status('first-0123456789abcdef'), await status('second-0123456789abcdef')]).toEqual([200, 401]);
      writeFileSync(tokenFile, 'second-0123456789abcdef');
      await expect.poll(() => status('second-0123456789abcdef')).toBe(200);
      expect(await status('first-0123456789abcdef')).toBe(401);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
