import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';
import { isMet } from '../skips/note-skip.js';

const run = promisify(execFile);
const path = (name: string): string => join(packageRoot, 'test/pictures', name);
const picture = (name: string): Buffer => readFileSync(path(name));
const seven = picture('digit-7.png');
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

interface LabelScore {
  readonly label: string;
  readonly score: number;
}

describe('images over HTTP', () => {
  useDocumentedAnswers();
  const server = createServer({ port: 0, topK: 1, maxImages: 5, maxBodyBytes: 1_000_000 });
  let url: string;
  let expected: LabelScore[];
  beforeAll(async () => {
    url = await server.listen();
    expected = (await (await post(seven)).json()) as LabelScore[];
    expect(expected).toEqual([{ label: '7', score: expect.any(Number) }]);
  });
  afterAll(() => server.close());
  const post = (body: Buffer | string | FormData, headers: Record<string, string> = {}, to = '/classify') =>
    fetch(url + to, { method: 'POST', body: body as string, headers });

  it.each([
    ['base64', seven.toString('base64'), {}],
    ['URL-safe base64', seven.toString('base64url'), { 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['a data: URL', `data:image/png;base64,${seven.toString('base64')}`, {}],
    ['JSON', JSON.stringify({ inputs: seven.toString('base64') }), { 'Content-Type': 'text/plain' }],
    ['gzip', gzipSync(seven), { 'Content-Encoding': 'gzip' }],
    ['x-gzip', gzipSync(seven), { 'Content-Encoding': 'x-gzip' }],
    ['deflate', deflateSync(seven), { 'Content-Encoding': 'deflate' }],
    ['bare deflate', deflateRawSync(seven), { 'Content-Encoding': 'deflate' }],
    ['br', brotliCompressSync(seven), { 'Content-Encoding': 'br' }],
    ['JSON in gzip', gzipSync(JSON.stringify({ inputs: seven.toString('base64') })), { 'Content-Encoding': 'gzip' }],
  ])('gives the same labels for one in %s', async (_, body, headers) => {
    const response = await post(body, headers as Record<string, string>);
    expect([response.status, await response.json()]).toEqual([200, expected]);
  });

  it.each([
    ['as it is', ['--data-binary', `@${path('digit-7.png')}`]],
    ['in a form', ['-F', `file=@${path('digit-7.png')}`]],
    ['in chunks', ['-X', 'POST', '-T', '-']],
    ['in chunks, asking first', ['-X', 'POST', '-T', '-', '-H', 'Expect: 100-continue']],
    ['in JSON', ['--json', JSON.stringify({ inputs: seven.toString('base64') })]],
  ])('takes one from curl %s', async (_, args) => {
    if (!isMet(hasCurl, 'images from curl', 'curl is not installed')) return;
    const sent = run('curl', ['-sS', '--max-time', '60', ...args, `${url}/classify`]);
    sent.child.stdin?.end(seven);
    expect(JSON.parse((await sent).stdout)).toEqual(expected);
  });

  it('answers several in their order, from a list and from a form', async () => {
    const digits = [3, 1, 4, 1, 5];
    const images = digits.map((digit) => picture(`digit-${digit}.png`));
    const form = new FormData();
    for (const image of images) form.append('photos', new Blob([image as Buffer<ArrayBuffer>]), 'photo.png');
    const inputs = images.map((image) => image.toString('base64'));
    for (const body of [JSON.stringify({ inputs, parameters: { top_k: 1 } }), form]) {
      const response = await post(body, {}, '/models/digits');
      expect(response.headers.get('Server-Timing')).toMatch(/^decode;dur=[\d.]+, preprocess;/);
      const answers = (await response.json()) as LabelScore[][];
      expect(answers.map((labels) => labels.map(({ label }) => label))).toEqual(digits.map((digit) => [String(digit)]));
    }
  });

  it('names the one of several that cannot be decoded', async () => {
    const inputs = [seven, seven, picture('invalid/truncated.png')].map((image) => image.toString('base64'));
    const response = await post(JSON.stringify({ inputs }));
    expect([response.status, await response.json()]).toMatchObject([
      422,
      {
        code: 'ERR_IMAGE_UNDECODABLE',
        error: expect.stringMatching(/^inputs\[2\]: The image/),
        index: 2,
        field: 'inputs[2]',
      },
    ]);
  });

  it.each([
    ['JSON that is cut off', '{"inputs": "aGk=', {}, 400, 'ERR_REQUEST_INVALID'],
    ['an unknown parameter', '{"inputs": "aGk=", "parameters": {"topk": 1}}', {}, 400, 'ERR_PARAMETER_INVALID'],
    ['base64 of no image', '{"inputs": "aGkgdGhlcmU="}', {}, 415, 'ERR_IMAGE_UNSUPPORTED'],
    ['six images', JSON.stringify({ inputs: new Array(6).fill('aGk=') }), {}, 413, 'ERR_TOO_MANY_IMAGES'],
    ['damaged gzip', gzipSync(seven).subarray(0, 50), { 'Content-Encoding': 'gzip' }, 400, 'ERR_BODY_DAMAGED'],
    ['zeros in gzip', gzipSync(Buffer.alloc(1_000_001)), { 'Content-Encoding': 'gzip' }, 413, 'ERR_IMAGE_TOO_LARGE'],
    ['an unknown encoding', seven, { 'Content-Encoding': 'zstd' }, 415, 'ERR_ENCODING_UNSUPPORTED'],
  ])('refuses %s, and keeps the connection', async (_, body, headers, status, code) => {
    const response = await post(body, headers as Record<string, string>);
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ code, error: expect.stringMatching(/\.$/), remedy: expect.any(String) }),
    ]);
    expect(response.headers.get('Connection')).toBe('keep-alive');
  });

  it('answers no request that ends too early with a 5xx, and keeps none waiting', async () => {
    const form = Buffer.from(await new Response(formOf(seven)).arrayBuffer());
    const json = Buffer.from(JSON.stringify({ inputs: [seven.toString('base64')] }));
    const requests = [
      requestOf(seven, []),
      requestOf(json, []),
      requestOf(gzipSync(seven), ['Content-Encoding: gzip']),
      requestOf(form, [`Content-Type: multipart/form-data; boundary=${String(form).slice(2, form.indexOf('\r'))}`]),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (request, share) => {
          const { port, hostname } = new URL(url);
          const socket = connect(Number(port), hostname);
          socket.on('error', () => {}).end(request.subarray(0, Math.floor(request.length * share)));
          let answer = '';
          socket.on('data', (text) => {
            answer += String(text);
          });
          await once(socket, 'close');
          expect(answer).toMatch(/^$|^HTTP\/1.1 4\d\d /);
        },
      ),
      { numRuns: 150 },
    );
    expect((await post(seven)).status).toBe(200);
  });

  it('answers no body that ends too early with a 5xx', async () => {
    const form = new Response(formOf(seven));
    const type = form.headers.get('Content-Type') ?? '';
    const bodies = [
      [Buffer.from(await form.arrayBuffer()), { 'Content-Type': type }],
      [Buffer.from(JSON.stringify({ inputs: [seven.toString('base64')] })), {}],
      [Buffer.from(seven.toString('base64')), {}],
      [gzipSync(seven), { 'Content-Encoding': 'gzip' }],
      [seven, {}],
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bodies),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async ([body, headers], share) => {
          const response = await post(
            body.subarray(0, Math.floor(body.length * share)),
            headers as Record<string, string>,
          );
          await response.arrayBuffer();
          expect(response.status).toBeLessThan(500);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function formOf(image: Buffer): FormData {
  const form = new FormData();
  form.append('file', new Blob([image as Buffer<ArrayBuffer>]), 'digit.png');
  form.append('top_k', '1');
  return form;
}

function requestOf(body: Buffer, headers: readonly string[]): Buffer {
  const head = ['POST /classify HTTP/1.1', 'Host: localhost', 'Connection: close', `Content-Length: ${body.length}`];
  return Buffer.concat([Buffer.from(`${[...head, ...headers].join('\r\n')}\r\n\r\n`), body]);
}
