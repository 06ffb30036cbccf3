import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { type Conversation, converse, type Outcome } from './converse.mjs';

const digit = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));
const host = 'Host: hornet.test\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';
const get = (path: string, headers = host): string => `GET ${path} HTTP/1.1\r\n${headers}\r\n`;
const post = (headers: string, body: string): string => `POST /classify HTTP/1.1\r\n${host}${headers}\r\n${body}`;
const postDigit = (headers = ''): Buffer =>
  Buffer.concat([Buffer.from(post(`Content-Length: ${digit.length}\r\n${headers}`, '')), digit]);
/** Where somebody takes the body of the request before for shorter than it is, this is a request. */
const hidden = `POST /models/digits/unload HTTP/1.1\r\n${host}Content-Length: 0\r\n\r\n`;

describe('bytes that are no good request', () => {
  const server = createServer({ port: 0 });
  let port: number;
  beforeAll(async () => {
    port = Number(new URL(await server.listen()).port);
  });
  afterAll(() => server.close());
  const say = (parts: Conversation['parts'], more: Partial<Conversation> = {}): Promise<Outcome> =>
    converse(port, { parts, ...more });
  const shown = ({ answers, end }: Outcome): unknown[] => [
    ...answers.map(({ status, body }) => [status, status < 400 ? null : JSON.parse(body).code]),
    end,
  ];

  // By Node's parser, unless it says otherwise. Each may be read in two ways, by a proxy and by the server behind it.
  it.each([
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4\r\n'],
    ['the same length twice', 'Content-Length: 3\r\nContent-Length: 3\r\n'],
    ['a list of lengths', 'Content-Length: 3, 3\r\n'],
    ['a negative length', 'Content-Length: -3\r\n'],
    ['a length with a plus', 'Content-Length: +3\r\n'],
    ['a hexadecimal length', 'Content-Length: 0x3\r\n'],
    ['an empty length', 'Content-Length: \r\n'],
    ['a length beyond 64 bits', 'Content-Length: 99999999999999999999\r\n'],
    ['a length and chunks', `Content-Length: 3\r\n${chunked}`],
    ['chunks and a length', `${chunked}Content-Length: 3\r\n`],
    ['chunks twice', `${chunked}${chunked}`],
    ['chunks, then something else', 'Transfer-Encoding: chunked, identity\r\n'],
    ['chunks, then something else, in two headers', `${chunked}Transfer-Encoding: identity\r\n`],
    ['chunks after a vertical tab', 'Transfer-Encoding: \x0bchunked\r\n'],
    ['a space before a colon', 'Transfer-Encoding : chunked\r\n'],
    ['a space before a colon of the length', 'Content-Length : 3\r\n'],
    ['a space before a name', ' Content-Length: 3\r\n'],
    ['a header that goes on in the next line', 'X: y\r\n z\r\n'],
    ['a coding in the next line', 'Transfer-Encoding:\r\n chunked\r\n'],
    ['a bare LF', 'X: y\nContent-Length: 3\r\n'],
    ['a bare CR', 'X: y\rContent-Length: 3\r\n'],
    ['a NUL', 'X: y\0\r\n'],
    ['no colon', 'X\r\n'],
    ['no name', ': y\r\n'],
    ['a name with a space', 'X Y: z\r\n'],
    ['another coding (by Hornet)', 'Transfer-Encoding: xchunked\r\n'],
    ['a coding before chunks (by Hornet)', 'Transfer-Encoding: gzip, chunked\r\n'],
    ['chunks in quotes (by Hornet)', 'Transfer-Encoding: "chunked"\r\n'],
    ['no coding (by Hornet)', 'Transfer-Encoding: identity\r\n'],
    ['another host (by Hornet)', 'Host: other.test\r\n'],
    ['two tokens (by Hornet)', 'Authorization: Bearer a\r\nAuthorization: Bearer b\r\n'],
  ])('are refused with the connection: %s', async (_, headers) => {
    const outcome = await say([post(headers, `0\r\n\r\n${hidden}`)], { answers: 5 });
    expect(shown(outcome)).toEqual([[400, 'ERR_REQUEST_INVALID'], 'closed']);
    expect(outcome.answers[0]?.headers.connection).toBe('close');
  });

  it.each([
    ['a negative size', '-3\r\nabc\r\n0\r\n\r\n'],
    ['a size with a plus', '+3\r\nabc\r\n0\r\n\r\n'],
    ['a size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['a size beyond 64 bits', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
    ['a size with a space', '3 \r\nabc\r\n0\r\n\r\n'],
    ['more than its size', '3\r\nabcX\r\n0\r\n\r\n'],
    ['bare LFs', '3\nabc\n0\n\n'],
    ['a bare LF in an extension', '3;a\nabc\r\n0\r\n\r\n'],
    ['an extension without end', `3;${'x'.repeat(40_000)}\r\nabc\r\n0\r\n\r\n`],
    ['a length behind the body', '3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n'],
  ])('are refused in a body: a chunk with %s', async (_, body) => {
    const outcome = await say([post(chunked, body + hidden)], { answers: 5 });
    expect(shown(outcome)).toEqual([[400, 'ERR_REQUEST_INVALID'], expect.stringMatching(/closed|reset/)]);
  });

  it.each([
    ['no host', get('/models', ''), 400],
    ['HTTP/2 in the words of HTTP/1', get('/models').replace('1.1', '2.0'), 400],
    ['a version that there is not', get('/models').replace('1.1', '1.9'), 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['chunks in HTTP/1.0', post(chunked, '0\r\n\r\n').replace('1.1', '1.0'), 400],
    ['TLS', '\x16\x03\x01\x02\0\x01\0', 400],
    ['a method that there is not', get('/models').replace('GET', 'BREW'), 400],
    ['lines that end with LF', get('/models').replaceAll('\r', ''), 400],
    ['a path that is not ASCII', get('/models/\xc3\xa9'), 400],
    ['more than 100 headers', get('/models', host + 'X: y\r\n'.repeat(100)), 431],
    ['more headers than Node keeps', get('/models', 'X: y\r\n'.repeat(1000) + host), 431],
    ['headers that are too long', get('/models', `${host}X: ${'y'.repeat(17_000)}\r\n`), 431],
    ['a URL that is too long', get(`/${'x'.repeat(17_000)}`), 431],
    ['trailers that are too long', post(chunked, `0\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`), 431],
  ])('are refused with the connection: %s', async (_, text, status) => {
    const outcome = await say([text], { answers: 5 });
    expect(shown(outcome)).toEqual([
      [status, status === 431 ? 'ERR_HEADERS_TOO_LARGE' : 'ERR_REQUEST_INVALID'],
      expect.stringMatching(/closed|reset/),
    ]);
  });

  it.each([
    ['an extension of a chunk', post(chunked, '3;a="b"\r\nabc\r\n0\r\n\r\n'), 415],
    ['a coding in capitals, after a tab', post('Transfer-Encoding:\tCHUNKED\r\n', '3\r\nabc\r\n0\r\n\r\n'), 415],
    ['trailers', post(chunked, '3\r\nabc\r\n0\r\nX: y\r\n\r\n'), 415],
    ['empty lines before a request', `\r\n\r\n${get('/health/live')}`, 200],
    ['a host in the URL', get('http://other.test/health/live'), 200],
    ['a wish for another protocol', get('/health/live', `${host}Connection: upgrade\r\nUpgrade: h2c\r\n`), 200],
    ['an expectation that nobody has', post('Expect: wonders\r\nContent-Length: 3\r\n', 'abc'), 417],
    ['100 headers', get('/health/live', host + 'X: y\r\n'.repeat(99)), 200],
    ['a length beyond what is accepted', post('Content-Length: 18446744073709551615\r\n', 'abc'), 413],
  ])('are another matter than what is only unusual: %s', async (_, text, status) => {
    const { answers, end } = await say([text]);
    expect([answers.map((answer) => answer.status), end]).toEqual([[status], 'enough']);
  });

  it('are answered after the requests before them, and end the connection', async () => {
    const garbage = [
      '!!!!\r\n\r\n',
      `POST / HTTP/1.1\r\n${host}Content-Length: x\r\n\r\n`,
      post(chunked, 'x'),
      post(chunked, '3\r\nabcX'),
    ];
    for (const bytes of garbage) {
      const outcome = await say([Buffer.concat([postDigit(), postDigit(), Buffer.from(bytes)])], { answers: 9 });
      expect(shown(outcome), bytes).toEqual([[200, null], [200, null], [400, 'ERR_REQUEST_INVALID'], 'closed']);
    }
  });

  it('are not answered behind a request that said it was the last', async () => {
    for (const bytes of ['!!!!\r\n\r\n', hidden]) {
      const last = Buffer.concat([postDigit('Connection: close\r\n'), Buffer.from(bytes)]);
      expect(shown(await say([last], { answers: 5 }))).toEqual([[200, null], 'closed']);
    }
  });

  it('are answered when they end too early', async () => {
    for (const text of [
      'GET /mod',
      get('/models').slice(0, -2),
      post('Content-Length: 9\r\n', 'abc'),
      post(chunked, '3\r\n'),
    ]) {
      expect(shown(await say([text], { leave: 'half', answers: 5 })), text).toEqual([
        [400, 'ERR_REQUEST_INVALID'],
        'closed',
      ]);
    }
  });

  it('never reach a route, and leave the server as it was', async () => {
    const { answers } = await say([get('/models/digits')]);
    expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ name: 'digits', state: 'ready' });
  });
});
