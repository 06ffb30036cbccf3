import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type LoadRecord, type RequestKind, runLoad, startLoad } from './start-load.mjs';

const picture = join(packageRoot, 'test/pictures/digit-7.png');

describe('the load generator', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close().closeAllConnections();
    server = undefined;
  });
  async function listen(listener: RequestListener): Promise<string> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  async function record(listener: RequestListener, kind: Partial<RequestKind> = {}): Promise<LoadRecord | undefined> {
    const url = await listen(listener);
    const mix = [{ name: 'one', path: '/', ...kind }];
    const { records } = await runLoad({
      url,
      loop: { kind: 'burst', requests: 1 },
      durationMs: 0,
      mix,
      keepRecords: true,
    });
    return records[0];
  }

  it('notes status, label, code and how long it took', async () => {
    const whole = await record((_request, response) => response.end('[{"label":"7","score":1}]'));
    expect(whole).toMatchObject({ outcome: 'answered', status: 200, label: '7', code: null, wrong: false });
    expect(whole?.endedMs).toBeGreaterThanOrEqual(whole?.startedMs ?? Number.NaN);
  });

  it('notes the code, the state and Retry-After of a refusal', async () => {
    const refused = await record((_request, response) => {
      response.writeHead(503, { 'Retry-After': '5' }).end('{"code":"ERR_SERVING_LOADING","state":"building"}');
    });
    const code = 'ERR_SERVING_LOADING';
    expect(refused).toMatchObject({ outcome: 'answered', status: 503, code, state: 'building', retryAfter: '5' });
  });

  it.each<[string, RequestListener]>([
    ['another label than the picture', (_request, response) => response.end('[{"label":"3"}]')],
    ['no JSON', (_request, response) => response.end('<html>')],
  ])('takes an answer with %s for a wrong one', async (_, listener) => {
    const wrong = await record(listener, { pictures: [picture], labels: { [picture]: '7' } });
    expect(wrong).toMatchObject({ outcome: 'answered', wrong: true });
  });

  it('tells an answer that breaks off from none at all', async () => {
    const cut = await record((_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 }).write('[', () => response.destroy());
    });
    expect(cut).toMatchObject({ outcome: 'cut', status: 200 });
    const failed = await record((request) => request.socket.destroy());
    expect(failed).toMatchObject({ outcome: 'failed', status: null, reused: false, sentMs: expect.any(Number) });
  });

  it('stops a closed loop when nobody listens', async () => {
    const url = await listen(() => {});
    server?.close();
    const plan = { url, loop: { kind: 'closed', connections: 3 } as const, durationMs: 600_000 };
    const { outcomes } = await runLoad({ ...plan, mix: [{ name: 'one', path: '/' }] });
    expect(outcomes).toEqual({ refused: 3 });
  });

  it('leaves when it is told to, and sends a body in two halves when it is asked for', async () => {
    const left = await record(() => {}, { leaveWithinMs: 10 });
    expect(left).toMatchObject({ outcome: 'left', status: null });
    const slow = await record((request, response) => request.resume().on('end', () => response.end('[]')), {
      pictures: [picture],
      pauseMs: 200,
    });
    expect(slow).toMatchObject({ outcome: 'answered', status: 200 });
    expect((slow?.sentMs ?? 0) - (slow?.continuedMs ?? Number.NaN)).toBeGreaterThan(190);
  });

  it('reads the labels of several images, and of classifications of the inference protocol', async () => {
    const labels = { [picture]: '7,3' };
    const several = await record((_request, response) => response.end('[[{"label":"7"}],[{"label":"3"}]]'), {
      pictures: [picture],
      labels,
    });
    expect(several).toMatchObject({ label: '7,3', wrong: false });
    const classified = '{"outputs":[{"data":["0.9:7:7","0.8:3:4"]}]}';
    const wrong = await record((_request, response) => response.end(classified), { pictures: [picture], labels });
    expect(wrong).toMatchObject({ label: '7,4', wrong: true });
  });

  it('sends headers, and takes any text where it is told to', async () => {
    const listener: RequestListener = (request, response) => response.end(request.headers['x-said']);
    const kind = { headers: { 'X-Said': 'not JSON' }, answer: 'text' as const };
    expect(await record(listener, kind)).toMatchObject({ status: 200, wrong: false });
    expect(await record((_request, response) => response.end(), kind)).toMatchObject({ status: 200, wrong: true });
  });

  it('takes a stream of events for answered when it has left it, and for cut when the server ends it', async () => {
    const events = { answer: 'events' as const, leaveWithinMs: 50 };
    const stayed = await record((_request, response) => response.write('data: 1\n\n'), events);
    expect(stayed).toMatchObject({ outcome: 'answered', status: 200, wrong: false });
    const ended = await record((_request, response) => response.end('data: 1\n\n'), events);
    expect(ended).toMatchObject({ outcome: 'cut', status: 200 });
    const refused = await record((_request, response) => response.writeHead(503).end('{"code":"ERR_NO"}'), events);
    expect(refused).toMatchObject({ outcome: 'answered', status: 503, code: 'ERR_NO' });
  });

  it('keeps an open loop going whatever is answered, waits for what is open, and counts by kind', async () => {
    const held: (() => void)[] = [];
    const url = await listen((request, response) => {
      if (request.url === '/held') held.push(() => response.end('[]'));
      else response.end('[]');
    });
    const load = startLoad({
      url,
      loop: { kind: 'open', ratePerSecond: 200 },
      durationMs: 600_000,
      mix: [
        { name: 'held', path: '/held' },
        { name: 'answered', path: '/' },
      ],
    });
    await load.answering;
    await expect.poll(() => held.length).toBeGreaterThan(20);
    const done = load.stop();
    const poll = setInterval(() => {
      for (const answer of held.splice(0)) answer();
    }, 10);
    const { requests, statuses, kinds } = await done.finally(() => clearInterval(poll));
    expect(statuses).toEqual({ 200: requests });
    expect(kinds.held?.requests).toBeGreaterThan(20);
    expect((kinds.held?.requests ?? 0) + (kinds.answered?.requests ?? 0)).toBe(requests);
  });
});
