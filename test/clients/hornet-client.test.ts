import { execFile } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { createReadStream, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HornetClient, HornetClientError, type ServingStatus } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-info.js';
import { freePort } from '../load/free-port.mjs';
import { type HornetProcess, startServer } from '../load/hornet-process.mjs';

const path = join(packageRoot, 'test/pictures/digit-7.png');
const picture = readFileSync(path);
const seven = [{ label: '7', score: expect.closeTo(1, 1) }];

/** Asks until the serving holds so many images. */
async function untilInFlight(client: HornetClient, images: number): Promise<void> {
  await expect.poll(async () => (await client.model('digits')).inFlight, { interval: 10 }).toBe(images);
}

describe('a client of a running server', () => {
  let server: HornetProcess;
  let client: HornetClient;
  beforeAll(async () => {
    server = await startServer({ args: ['digits'], env: { HORNET_MAX_IMAGES: '3', HORNET_TOP_K: '1' } });
    client = new HornetClient({ url: server.url, timeoutMs: 100_000 });
    await client.waitUntilReady();
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('classifies pictures from wherever they are', async () => {
    const sources = [
      picture,
      new Blob([picture]),
      createReadStream(path),
      new Blob([picture]).stream(),
      pathToFileURL(path),
    ];
    for (const source of sources) expect(await client.classify('digits', source)).toEqual(seven);
    const own = new URL(`data:image/png;base64,${picture.toString('base64')}`);
    expect(await client.classify(undefined, own)).toEqual(seven);
    expect(await client.classify('digits', picture, { topK: 2, functionToApply: 'none' })).toMatchObject([
      { label: '7', score: expect.any(Number) },
      { score: expect.any(Number) },
    ]);
  });

  it('sends more pictures than a request may have as several requests', async () => {
    const digits = ['3', '1', '4', '1', '5', '9', '2', '6'];
    const files = digits.map((digit) => readFileSync(join(packageRoot, `test/pictures/digit-${digit}.png`)));
    const labels = await client.classify('digits', files);
    expect(labels.map(([best]) => best?.label)).toEqual(digits);
  });

  it('tells which of several pictures was refused', async () => {
    const files = [picture, picture, picture, picture, Buffer.from('no picture')];
    await expect(client.classify('digits', files)).rejects.toMatchObject({
      code: 'ERR_IMAGE_UNSUPPORTED',
      status: 415,
      details: { index: 4 },
    });
  });

  it('tells how long each stage took, and the id of the request', async () => {
    const { labels, timings, requestId } = await client.classifyDetailed('digits', picture, { requestId: 'test-1' });
    expect(labels).toEqual(seven);
    expect(timings).toMatchObject({ decode: expect.any(Number), inference: expect.any(Number) });
    expect(requestId).toBe('test-1');
  });

  it('throws what the server says', async () => {
    const error = await client.classify('digits', Buffer.from('no picture')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HornetClientError);
    expect(error).toMatchObject({
      code: 'ERR_IMAGE_UNSUPPORTED',
      status: 415,
      remedy: expect.any(String),
      attempts: 1,
    });
    await expect(client.classify('dogs', picture)).rejects.toMatchObject({
      code: 'ERR_SERVING_NOT_FOUND',
      status: 404,
    });
  });

  it('reads the state of the server', async () => {
    expect(await Promise.all([client.live(), client.ready(), client.ready('digits')])).toEqual([true, true, true]);
    const ready: Partial<ServingStatus> = { name: 'digits', state: 'ready', backend: 'onnxruntime' };
    expect(await client.model('digits')).toMatchObject(ready);
    expect(await client.models()).toMatchObject([ready]);
    expect(await client.status()).toMatchObject({ accepting: true, servings: [ready] });
  });

  it('keeps connections, also after an answer that is an error', async () => {
    let opened = 0;
    const onConnected = (): void => void opened++;
    const connected = channel('undici:client:connected');
    // Another origin, to which there is no connection yet.
    const own = new HornetClient({ url: server.url.replace('127.0.0.1', 'localhost') });
    connected.subscribe(onConnected);
    try {
      for (let times = 0; times < 10; times++) {
        await own.classify('digits', picture);
        await own.classify('dogs', picture).catch(() => undefined);
      }
    } finally {
      connected.unsubscribe(onConnected);
    }
    // fetch may begin the second request before the first connection is free again.
    expect(opened).toBeLessThanOrEqual(2);
    expect(opened).toBeGreaterThan(0);
  });

  it('unloads a serving and loads it again', async () => {
    expect(await client.unload('digits')).toMatchObject({ state: 'unloaded' });
    expect(await client.ready('digits')).toBe(false);
    await expect(client.classify('digits', picture)).rejects.toMatchObject({
      code: 'ERR_SERVING_UNLOADED',
      status: 409,
    });
    await client.load('digits');
    await client.waitUntilReady('digits');
    expect(await client.load('digits', { maxBatch: 2 }, { waitMs: 60_000 })).toMatchObject({ state: 'ready' });
    expect(await client.classify('digits', picture)).toEqual(seven);
  });
});

describe('a client of a server that is', () => {
  let server: HornetProcess | undefined;
  const start = async (env: Record<string, string>, args: string[] = []): Promise<HornetClient> => {
    server = await startServer({ args: ['digits', ...args], env: { HORNET_TOP_K: '1', ...env } });
    return new HornetClient({ url: server.url, timeoutMs: 100_000, maxDelayMs: 200, retries: 1000 });
  };
  afterEach(async () => {
    await server?.stop('SIGKILL');
    server = undefined;
  });

  it('not there yet is answered once it is', async () => {
    const port = await freePort();
    let onRefused = (): void => {};
    const refused = new Promise<void>((resolve) => {
      onRefused = resolve;
    });
    const client = new HornetClient({
      url: `http://127.0.0.1:${port}`,
      timeoutMs: 100_000,
      retries: 1000,
      maxDelayMs: 200,
      fetch: async (input, init) => {
        try {
          return await fetch(input, init);
        } catch (error) {
          onRefused();
          throw error;
        }
      },
    });
    expect([await client.live(), await client.ready()]).toEqual([false, false]);
    const labels = client.classifyDetailed('digits', picture);
    const isReady = client.waitUntilReady('digits');
    await refused;
    await start({}, ['--port', String(port)]);
    expect(await labels).toMatchObject({ labels: seven });
    expect((await labels).attempts).toBeGreaterThan(1);
    await isReady;
  });

  it('full gets another try', async () => {
    const client = await start({ HORNET_MAX_QUEUE: '1', HORNET_BODY_IDLE_MS: '100000' });
    await client.waitUntilReady();
    // A request takes its place before its body is there.
    const url = `${server?.url}/classify`;
    const holder = request(url, { method: 'POST', headers: { 'Content-Length': 100 } }).on('error', () => {});
    holder.flushHeaders();
    await untilInFlight(client, 1);
    const once = new HornetClient({ url: server?.url ?? '', retries: 0 });
    const refused = { code: 'ERR_QUEUE_FULL', status: 429, retryAfterMs: 1000, attempts: 1 };
    await expect(once.classify('digits', picture)).rejects.toMatchObject(refused);
    const patient = new HornetClient({
      url: server?.url ?? '',
      timeoutMs: 100_000,
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        holder.destroy();
        return response;
      },
    });
    const { labels, attempts } = await patient.classifyDetailed('digits', picture);
    expect(labels).toEqual(seven);
    expect(attempts).toBeGreaterThan(1);
  });

  it('too full for so many pictures gets fewer at a time', async () => {
    const client = await start({ HORNET_MAX_QUEUE: '2' });
    await client.waitUntilReady();
    expect(await client.classify('digits', [picture, picture, picture])).toEqual([seven, seven, seven]);
  });

  it('busy is left when the call is aborted, or takes too long', async () => {
    const client = await start({ HORNET_MAX_DELAY_MS: '10000' });
    await client.waitUntilReady();
    const stop = new AbortController();
    const aborted = client.classify('digits', picture, { signal: stop.signal });
    await untilInFlight(client, 1);
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_CLIENT_ABORTED', attempts: 1 });
    await untilInFlight(client, 0);
    const late = client.classify('digits', picture, { timeoutMs: 300 });
    await expect(late).rejects.toMatchObject({
      code: expect.stringMatching(/ERR_CLIENT_TIMEOUT|ERR_DEADLINE_EXCEEDED/),
    });
    await untilInFlight(client, 0);
  });

  it('closed to strangers gets the token', async () => {
    const stranger = await start({ HORNET_TOKEN: 'first-secret-token,second-secret-token' });
    const url = server?.url ?? '';
    await stranger.waitUntilReady('digits');
    const refusal = { code: 'ERR_UNAUTHORIZED', status: 401, attempts: 1 };
    await expect(stranger.classify('digits', picture)).rejects.toMatchObject(refusal);
    await expect(stranger.models()).rejects.toMatchObject(refusal);
    const client = new HornetClient({ url, token: () => Promise.resolve('second-secret-token') });
    expect(await client.classify('digits', picture)).toEqual(seven);
    expect(await client.unload('digits')).toMatchObject({ state: 'unloaded' });
  });
});

it('is found by its name, both ways', async () => {
  const use =
    'const { HornetClient, HornetClientError } = await loaded; console.log(typeof HornetClient, typeof HornetClientError);';
  for (const loaded of ["import('hornet/client')", "require('hornet/client')"]) {
    const script = `const loaded = ${loaded}; (async () => { ${use} })()`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: packageRoot });
    expect([stdout, stderr]).toEqual(['function function\n', '']);
  }
});
