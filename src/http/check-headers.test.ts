import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeServing } from './fake-serving.test-support.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

describe('requests that Node alone would refuse without a word', () => {
  let app: RunningApp;
  const serving = new FakeServing();
  beforeAll(async () => {
    app = await startApp([serving]);
  });
  afterAll(() => app.stop());

  async function send(lines: readonly string[]): Promise<{ status: number; head: string; body: unknown }> {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    // Nothing is sent after it: the server has to end the connection.
    socket.write([...lines, '', ''].join('\r\n'));
    const answer = String(Buffer.concat(await socket.toArray()));
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) };
  }

  it.each([
    ['no Host', 400, 'ERR_REQUEST_INVALID', ['GET /health/live HTTP/1.1']],
    ['two Hosts', 400, 'ERR_REQUEST_INVALID', ['GET /health/live HTTP/1.1', 'Host: a', 'host: b']],
    [
      'a foreign expectation',
      417,
      'ERR_EXPECTATION_FAILED',
      ['GET /health/live HTTP/1.1', 'Host: a', 'Expect: miracles'],
    ],
    [
      'one more expectation',
      417,
      'ERR_EXPECTATION_FAILED',
      ['POST /classify HTTP/1.1', 'Host: a', 'Content-Length: 5', 'Expect: 100-continue, miracles'],
    ],
  ] as const)('answers %s with %i %s, and ends the connection', async (_, status, code, lines) => {
    const answer = await send(lines);
    expect(answer).toMatchObject({ status, body: { code, error: expect.any(String), remedy: expect.any(String) } });
    expect(answer.head).toMatch(/^Connection: close$/im);
    expect(serving.bytes).toEqual([]);
  });

  it.each([
    ['HTTP/1.0 without a Host', ['GET /health/live HTTP/1.0']],
    ['an empty Host', ['GET /health/live HTTP/1.1', 'Host:', 'Connection: close']],
    ['an empty Expect', ['GET /health/live HTTP/1.1', 'Host: a', 'Expect:', 'Connection: close']],
  ])('answers %s', async (_, lines) => {
    expect(await send(lines)).toMatchObject({ status: 200, body: { live: true } });
  });
});
