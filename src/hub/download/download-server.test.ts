import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { downloadBlob } from './download-blob.js';
import type { BlobSource } from './download-options.js';
import { hubRequest } from './hub-request.js';

const bytes = randomBytes(24_000_000);
const hex = createHash('sha256').update(bytes).digest('hex');
const rangeBytes = 4_000_000;

/** Bytes per second and connection, 0 for as fast as they are taken. */
let throttle = 0;
let sent = 0;
let connections = 0;
let server: http.Server;
let folder: string;
let source: BlobSource;

async function send(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [from, to] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, bytes.length];
  const partial = range ? { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` } : {};
  response.writeHead(range ? 206 : 200, { 'content-length': to - from, etag: '"v1"', ...partial });
  await pipeline(chunks(from, to), response);
}

async function* chunks(from: number, to: number): AsyncGenerator<Buffer> {
  const step = throttle === 0 ? 256 * 1024 : Math.ceil(throttle / 200);
  for (let position = from; position < to; position += step) {
    const chunk = bytes.subarray(position, Math.min(to, position + step));
    sent += chunk.length;
    yield chunk;
    if (throttle > 0) await delay(5);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-server-'));
  server = http.createServer((request, response) => void send(request, response).catch(() => {}));
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/blob`;
  source = { url, size: bytes.length, digest: { algorithm: 'sha256', hex } };
});
beforeEach(() => {
  throttle = 0;
  sent = 0;
  connections = 0;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A process of its own that downloads with the compiled code. */
function startChild(incompletePath: string): ChildProcess {
  const compiled = (name: string): string =>
    pathToFileURL(join(import.meta.dirname, '../../../dist/hub/download', name)).href;
  const script = `
    import { downloadBlob } from ${JSON.stringify(compiled('download-blob.js'))};
    import { hubRequest } from ${JSON.stringify(compiled('hub-request.js'))};
    await downloadBlob(${JSON.stringify(source)}, {
      incompletePath: ${JSON.stringify(incompletePath)}, request: hubRequest, rangeBytes: ${rangeBytes},
    });`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}

describe('downloadBlob over HTTP', () => {
  it('downloads by ranges over a few kept connections, with node:http', async () => {
    const incompletePath = join(folder, 'kept');
    await downloadBlob(source, { incompletePath, request: hubRequest, rangeBytes });
    expect((await readFile(incompletePath)).equals(bytes)).toBe(true);
    expect(sent).toBe(bytes.length);
    expect(connections).toBeLessThanOrEqual(4);
  });

  it('works the same with fetch', async () => {
    const incompletePath = join(folder, 'fetched');
    const request = (url: string, { headers, signal }: { headers: Record<string, string>; signal: AbortSignal }) =>
      fetch(url, { headers, signal, redirect: 'manual' });
    await downloadBlob(source, { incompletePath, request, rangeBytes });
    expect((await readFile(incompletePath)).equals(bytes)).toBe(true);
  });

  it('closes its connections at once when it is cancelled', async () => {
    throttle = 1_000_000;
    const controller = new AbortController();
    const options = {
      incompletePath: join(folder, 'cancelled'),
      request: hubRequest,
      rangeBytes,
      signal: controller.signal,
    };
    const onBytes = (): void => controller.abort(new Error('enough'));
    await expect(downloadBlob(source, { ...options, onBytes })).rejects.toThrow('enough');
    throttle = 0;
    // Connections idle from the tests before may be kept; none is still being served
    await expect
      .poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count))))
      .toBeLessThanOrEqual(8);
    expect(sent).toBeLessThan(1_000_000);
  });

  it('loses little to kill -9 at random moments, and ends with the right bytes', async () => {
    const incompletePath = join(folder, 'killed');
    // So slow that what is lost on its way to a killed process is little, also where that has to wait for the processor.
    throttle = 1_000_000;
    for (let kills = 0; kills < 5; kills++) {
      const enough = sent + 1_500_000 + Math.random() * 1_500_000;
      const child = startChild(incompletePath);
      const exited = once(child, 'exit');
      await expect.poll(() => sent, { interval: 5, timeout: 30_000 }).toBeGreaterThan(enough);
      child.kill('SIGKILL');
      await exited;
    }
    // More than the allowance below: without reuse the test could not pass.
    expect(sent).toBeGreaterThan(0.3 * bytes.length);
    throttle = 0;
    const [code] = await once(startChild(incompletePath), 'exit');
    expect(code).toBe(0);
    expect((await readFile(incompletePath)).equals(bytes)).toBe(true);
    expect(sent).toBeLessThan(1.3 * bytes.length);
  });
});
