import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { broken, cat, FakeServer, json } from './fake-server.test-support.js';
import { HornetClient } from './hornet-client.js';
import type { ImageSource } from './image-source.js';

const bytes = new Uint8Array([9, 8, 7, 6, 5]);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hornet-client-'));
  await writeFile(join(folder, 'cat 1.jpg'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

/** Answers the first request for labels with a failure, so that all that is sent is sent twice. */
function setUp() {
  let classified = 0;
  const server = new FakeServer(({ url }) => {
    if (url.host === 'pictures')
      return url.pathname === '/cat.jpg' ? new Response(bytes) : new Response('', { status: 404 });
    if (url.host === 'nobody') return broken('ECONNREFUSED');
    if (url.protocol === 'data:') return new Response(bytes);
    return ++classified === 1 ? broken('ECONNRESET') : json(cat);
  });
  const client = new HornetClient({ fetch: server.fetch, token: 'secret', baseDelayMs: 0 });
  return { client, server };
}

async function* chunks(): AsyncGenerator<Uint8Array> {
  const shared = new Uint8Array(2);
  for (let index = 0; index < bytes.length; index += 2) {
    const part = bytes.subarray(index, index + 2);
    shared.set(part);
    yield shared.subarray(0, part.length);
  }
}

const sources: readonly [string, () => ImageSource][] = [
  ['a Blob', () => new Blob([bytes])],
  ['a Buffer that is a part of a larger one', () => Buffer.from([0, ...bytes, 0]).subarray(1, 6)],
  ['an ArrayBuffer', () => bytes.slice().buffer],
  ['a DataView', () => new DataView(Uint8Array.from([0, ...bytes]).buffer, 1)],
  [
    'memory that threads share',
    () => {
      const shared = new Uint8Array(new SharedArrayBuffer(5));
      shared.set(bytes);
      return shared;
    },
  ],
  ['a ReadableStream', () => new Blob([bytes]).stream() as ReadableStream<Uint8Array>],
  ['a Readable', () => Readable.from([bytes.subarray(0, 2), bytes.subarray(2)].map((part) => Buffer.from(part)))],
  ['an iterable that uses its memory again', chunks],
  ['the URL of a file', () => pathToFileURL(join(folder, 'cat 1.jpg'))],
  ['the URL of another server', () => new URL('http://pictures/cat.jpg')],
  ['a data: URL', () => new URL('data:image/jpeg;base64,CQgHBgU=')],
];

describe('an image', () => {
  it.each(sources)('may be %s, and is sent again whole', async (_kind, source) => {
    const { client, server } = setUp();
    expect(await client.classify('cats', source())).toEqual(cat);
    const sent = server.requests.flatMap(({ method }, index) => (method === 'POST' ? [index] : []));
    expect(sent).toHaveLength(2);
    for (const index of sent) expect(await server.bytes(index)).toEqual([...bytes]);
  });

  it('is fetched from elsewhere without the token', async () => {
    const { client, server } = setUp();
    await client.classify('cats', new URL('http://pictures/cat.jpg'));
    expect(server.requests.map(({ headers }) => headers.get('Authorization'))).toEqual([
      null,
      'Bearer secret',
      'Bearer secret',
    ]);
  });

  it.each<[string, () => ImageSource, string]>([
    ['a file is missing', () => pathToFileURL(join(folder, 'dog.jpg')), 'ENOENT'],
    ['another server has none', () => new URL('http://pictures/dog.jpg'), 'http://pictures answered with status 404'],
    ['another server is not there', () => new URL('http://nobody/dog.jpg'), 'it is ECONNREFUSED'],
    [
      'a stream breaks',
      () =>
        Readable.from(
          (async function* () {
            yield bytes;
            throw new Error('the disk is gone');
          })(),
        ),
      'the disk is gone',
    ],
    ['a stream has no bytes', () => Readable.from(['text']) as AsyncIterable<never>, 'no bytes'],
  ])('is reported when %s', async (_what, source, reason) => {
    const { client, server } = setUp();
    const one = client.classify('cats', source());
    await expect(one).rejects.toMatchObject({ code: 'ERR_CLIENT_IMAGE', message: expect.stringContaining(reason) });
    const several = client.classify('cats', [bytes, source()]);
    await expect(several).rejects.toMatchObject({ code: 'ERR_CLIENT_IMAGE', details: { index: 1 } });
    expect(server.requests.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('is not waited for longer than the call may take, and is closed then', async () => {
    const { client } = setUp();
    let closed = 0;
    const hanging = new ReadableStream<Uint8Array>({ cancel: () => void closed++ });
    const iterable = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: async () => ({ done: true as const, value: closed++ }),
      }),
    };
    const readable = new Readable({ read() {} });
    for (const source of [hanging, iterable, readable]) {
      await expect(client.classify('cats', source, { timeoutMs: 20 })).rejects.toMatchObject({
        code: 'ERR_CLIENT_TIMEOUT',
      });
    }
    expect(closed).toBe(2);
    expect(readable.destroyed).toBe(true);
  });
});
