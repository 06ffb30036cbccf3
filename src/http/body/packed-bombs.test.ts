import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { startBodyServer } from './body-server.test-support.js';

/** 10 GB of zeros, as 100 packed pieces in a row. */
const tenGigabytes = Buffer.concat(new Array<Buffer>(100).fill(gzipSync(Buffer.alloc(100_000_000))));
const zeros = Buffer.alloc(500_000_000);
const mebibyte = 1024 * 1024;

describe('a body that is small and unpacks to a huge one', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((opened) => opened.close()));
  });

  /** Sends it, and sees how much memory the process has taken at most. */
  async function send(
    bomb: Buffer,
    coding: string,
  ): Promise<{ status: number | undefined; body: Buffer; grownMb: number }> {
    const beforeBytes = process.memoryUsage().arrayBuffers;
    let mostBytes = 0;
    const server = await startBodyServer({
      maxBytes: 32 * mebibyte,
      onBytes: () => {
        mostBytes = Math.max(mostBytes, process.memoryUsage().arrayBuffers);
      },
    });
    open.push(server);
    const request = httpRequest(server.url, { method: 'POST', headers: { 'Content-Encoding': coding } });
    // The server answers before it has all, and may then cut the rest off.
    request.on('error', () => {}).end(bomb);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await response.toArray());
    return { status: response.statusCode, body, grownMb: (mostBytes - beforeBytes) / mebibyte };
  }

  it.each([
    ['gzip', tenGigabytes],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('is refused as soon as it is too long, having taken no more than is allowed: %s', async (coding, bomb) => {
    const { status, body, grownMb } = await send(bomb, coding);
    expect([status, String(body)]).toEqual([413, 'ERR_IMAGE_TOO_LARGE']);
    // The limit, what the client holds, and some pieces more.
    expect(grownMb).toBeLessThan(32 + 20);
  });

  it('is unpacked once only where it is packed twice', async () => {
    const twice = gzipSync(tenGigabytes);
    expect(twice.length).toBeLessThan(mebibyte);
    const { status, body, grownMb } = await send(twice, 'gzip');
    expect([status, body.equals(tenGigabytes)]).toEqual([200, true]);
    expect(grownMb).toBeLessThan(32);
    expect(await send(twice, 'gzip, gzip')).toMatchObject({ status: 415 });
  });
});
