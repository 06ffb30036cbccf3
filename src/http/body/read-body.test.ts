import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import { type BodyServer, startBodyServer } from './body-server.test-support.js';

const pack = {
  identity: (body: Buffer): Buffer => body,
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
} satisfies Record<string, (body: Buffer) => Buffer>;
const codings = Object.keys(pack) as (keyof typeof pack)[];

describe('readBody', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((opened) => opened.close()));
  });
  async function start(options: Parameters<typeof startBodyServer>[0] = {}): Promise<BodyServer> {
    const server = await startBodyServer(options);
    open.push(server);
    return server;
  }
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  interface Answer {
    readonly status: number | undefined;
    readonly body: Buffer;
  }
  async function send(
    { url }: BodyServer,
    pieces: readonly Uint8Array[],
    headers: Record<string, string | number> = {},
  ): Promise<Answer> {
    const request = httpRequest(url, { method: 'POST', headers, agent });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.flushHeaders();
    for (const piece of pieces) request.write(piece);
    request.end();
    const [response] = await answered;
    return { status: response.statusCode, body: Buffer.concat(await response.toArray()) };
  }
  const text = async (answer: Promise<Answer>): Promise<unknown[]> => {
    const { status, body } = await answer;
    return [status, String(body)];
  };

  it('gives the same body however it comes', async () => {
    const server = await start();
    const pieces = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.boolean(), async (parts, isAnnounced) => {
        const length = parts.reduce((sum, part) => sum + part.length, 0);
        const headers = isAnnounced ? { 'Content-Length': length } : { 'Transfer-Encoding': 'chunked' };
        const { status, body } = await send(server, parts, headers);
        expect([status, body.equals(Buffer.concat(parts))]).toEqual([200, true]);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same body however it is packed and cut to pieces', async () => {
    const server = await start();
    const body = fc.tuple(fc.uint8Array({ maxLength: 2000 }), fc.nat(200));
    await fc.assert(
      fc.asyncProperty(body, fc.constantFrom(...codings), fc.nat(700), async ([some, times], coding, size) => {
        const whole = Buffer.concat(Array.from({ length: times }, () => some));
        const packed = pack[coding](whole);
        const step = size + 1 + Math.ceil(packed.length / 20);
        const pieces = Array.from({ length: Math.ceil(packed.length / step) }, (_, index) =>
          packed.subarray(index * step, (index + 1) * step),
        );
        const { status, body: received } = await send(server, pieces, { 'Content-Encoding': coding });
        expect([status, received.equals(whole)]).toEqual([200, true]);
      }),
      { numRuns: 60 },
    );
  });

  it('takes bare deflate for deflate, and any case and spelling of identity', async () => {
    const server = await start();
    expect(await text(send(server, [deflateRawSync('a picture')], { 'Content-Encoding': 'deflate' }))).toEqual([
      200,
      'a picture',
    ]);
    expect(await text(send(server, [gzipSync('a picture')], { 'Content-Encoding': 'Identity, GZip' }))).toEqual([
      200,
      'a picture',
    ]);
  });

  it.each(codings.filter((coding) => coding !== 'identity'))('has no body where %s has no bytes', async (coding) => {
    expect(await text(send(await start(), [], { 'Content-Encoding': coding }))).toEqual([200, '']);
  });

  it.each(['gzip, gzip', 'deflate, gzip', 'zstd', 'compress', 'gzip, nonsense'])(
    'refuses the Content-Encoding %s',
    async (coding) => {
      const server = await start();
      const refused = send(server, [Buffer.from('bytes')], { 'Content-Encoding': coding });
      expect(await text(refused)).toEqual([415, 'ERR_ENCODING_UNSUPPORTED']);
    },
  );

  it.each(['gzip', 'deflate', 'br'] as const)(
    'says of %s that is cut off anywhere, or followed by more, that it is damaged',
    async (coding) => {
      const server = await start();
      const packed = pack[coding](Buffer.from('a picture that is long enough to be packed, packed, packed, packed'));
      for (let length = 1; length < packed.length; length++) {
        const answer = send(server, [packed.subarray(0, length)], { 'Content-Encoding': coding });
        expect(await text(answer)).toEqual([400, 'ERR_BODY_DAMAGED']);
      }
      const longer = send(server, [packed, Buffer.from('more')], { 'Content-Encoding': coding });
      expect(await text(longer)).toEqual([400, 'ERR_BODY_DAMAGED']);
      expect(await text(send(server, [packed], { 'Content-Encoding': coding }))).toEqual([
        200,
        expect.stringMatching(/^a picture/),
      ]);
    },
  );

  it.each(codings)('takes as many bytes of %s as are allowed, and not one more', async (coding) => {
    const server = await start({ maxBytes: 100_000 });
    const zeros = Buffer.alloc(100_001);
    const whole = await send(server, [pack[coding](zeros.subarray(1))], { 'Content-Encoding': coding });
    expect([whole.status, whole.body.length]).toEqual([200, 100_000]);
    const tooMuch = send(server, [pack[coding](zeros)], { 'Content-Encoding': coding });
    expect(await text(tooMuch)).toEqual([413, 'ERR_IMAGE_TOO_LARGE']);
  });

  it('counts packed bytes as well', async () => {
    const server = await start({ maxBytes: 1000 });
    // Stored, not packed: it is longer than what is in it.
    const packed = gzipSync(Buffer.alloc(1000), { level: 0 });
    const announced = { 'Content-Encoding': 'gzip', 'Content-Length': packed.length };
    expect(await text(send(server, [packed], announced))).toEqual([413, 'ERR_IMAGE_TOO_LARGE']);
    expect(await text(send(server, [packed], { 'Content-Encoding': 'gzip' }))).toEqual([413, 'ERR_IMAGE_TOO_LARGE']);
  });

  it('tells how much room a body takes: as it comes, and of an announced one a little ahead', async () => {
    const server = await start({ maxBytes: 10_000_000 });
    const mebibyte = 1024 * 1024;
    const body = Buffer.alloc(5 * mebibyte);
    await send(server, [body], { 'Content-Length': body.length });
    expect(server.told.length).toBeLessThanOrEqual(6);
    expect(server.told.at(-1)).toBe(body.length);
    await send(server, [body.subarray(0, mebibyte)], { 'Content-Length': mebibyte });
    expect(server.told).toEqual([]);
    await send(server, [Buffer.alloc(10)]);
    expect(server.told).toEqual([10]);
    await send(server, [gzipSync(body)], { 'Content-Encoding': 'gzip' });
    expect(server.told.at(-1)).toBe(body.length);
  });

  it.each([['identity'], ['gzip']] as const)(
    'ends as soon as there is no room, and keeps the connection: %s',
    async (coding) => {
      const server = await start({
        maxBytes: 10_000_000,
        onBytes: (bytes) => {
          if (bytes > 2_000_000) throw new HornetError('ERR_QUEUE_FULL', 'Full.');
        },
      });
      const body = pack[coding](Buffer.alloc(3_000_000));
      expect(await text(send(server, [body], { 'Content-Encoding': coding }))).toEqual([429, 'ERR_QUEUE_FULL']);
      expect(await text(send(server, [Buffer.from('next')]))).toEqual([200, 'next']);
    },
  );

  it('asks for a body that waits to be asked for, and not in HTTP/1.0', async () => {
    const { port } = await start();
    const lines = ['POST / HTTP/1.0', 'Expect: 100-continue', 'Content-Length: 4', '', 'body'];
    const socket = connect(port, '127.0.0.1').end(lines.join('\r\n'));
    expect(String(Buffer.concat(await socket.toArray()))).toMatch(/^HTTP\/1\.1 200 OK/);

    const waiting = connect(port, '127.0.0.1');
    const head = [
      'POST / HTTP/1.1',
      'Host: x',
      'Expect: 100-Continue',
      'Content-Length: 4',
      'Connection: close',
      '',
      '',
    ];
    waiting.write(head.join('\r\n'));
    const [asked] = (await once(waiting, 'data')) as [Buffer];
    expect(String(asked)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    waiting.write('body');
    expect(String(Buffer.concat(await waiting.toArray()))).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*body$/);
  });
});
