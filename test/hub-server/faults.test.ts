import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HubServer, startHubServer } from './index.mjs';

const repo = 'tests/big';
const model = 'onnx/model.onnx';
const file = `${repo}/${model}`;
const size = 3 * 1024 * 1024 + 5;
let hub: HubServer;
let whole: Buffer;

beforeAll(async () => {
  hub = await startHubServer({
    repositories: [{ id: repo, files: { [model]: { size, seed: 7 }, 'config.json': '{"a":1}' } }],
  });
  whole = await get();
});
afterEach(() => {
  hub.clearFaults();
  hub.clearRequests();
  hub.setThrottle(null);
});
afterAll(() => hub.stop());

function ask(path = model, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${hub.url}/${repo}/resolve/main/${path}`, { headers });
}

async function get(headers: Record<string, string> = {}): Promise<Buffer> {
  return Buffer.from(await (await ask(model, headers)).arrayBuffer());
}

/** The bytes that arrive before a body ends or breaks. */
async function receive(headers: Record<string, string> = {}): Promise<{ bytes: number; broken: boolean }> {
  const response = await ask(model, headers);
  let bytes = 0;
  try {
    for await (const piece of response.body ?? []) bytes += (piece as Uint8Array).length;
  } catch {
    return { bytes, broken: true };
  }
  return { bytes, broken: false };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('synthetic content', () => {
  it('has the hashes the Hub announces, in one piece and in ranges', async () => {
    expect(sha256(whole)).toBe(hub.repository(repo).file(model).sha256);
    const ranges = ['bytes=0-3', 'bytes=4-1048579', 'bytes=1048580-3145727', 'bytes=3145728-'];
    const pieces = await Promise.all(ranges.map((range) => get({ range })));
    expect(sha256(Buffer.concat(pieces))).toBe(sha256(whole));
  });
});

describe('faults in a body', () => {
  it('cuts after the bytes it was told, as often as it was told', async () => {
    const fault = hub.addFault({ kind: 'cut', path: model, afterBytes: 100_000, times: 2 });
    expect(await receive()).toEqual({ bytes: 100_000, broken: true });
    expect(await receive({ range: 'bytes=1000000-' })).toEqual({ bytes: 100_000, broken: true });
    expect(await receive()).toEqual({ bytes: size, broken: false });
    expect(fault.hits).toBe(2);
    expect(hub.downloads(file)).toEqual({ gets: 3, complete: 1, bytes: 200_000 + size });
  });

  it('waits for a body that is long enough, and passes over those it is told to skip', async () => {
    const fault = hub.addFault({ kind: 'cut', path: model, afterBytes: 100, skip: 1 });
    expect((await get({ range: 'bytes=0-9' })).length).toBe(10);
    expect((await receive()).broken).toBe(false);
    expect(fault.hits).toBe(0);
    expect(await receive()).toEqual({ bytes: 100, broken: true });
  });

  it('flips one byte at a place in the file, only where a range holds it', async () => {
    hub.addFault({ kind: 'flip', path: model, offset: 2_000_000 });
    expect((await get({ range: 'bytes=0-99' })).equals(whole.subarray(0, 100))).toBe(true);
    const wrong = await get({ range: 'bytes=1999990-2000009' });
    const right = whole.subarray(1_999_990, 2_000_010);
    expect([...wrong.keys()].filter((at) => wrong[at] !== right[at])).toEqual([10]);
    expect((await get()).equals(whole)).toBe(true);
  });

  it('announces more or fewer bytes than the file has', async () => {
    hub.addFault({ kind: 'length', path: model, delta: -1000 });
    expect(await receive()).toEqual({ bytes: size - 1000, broken: false });
    hub.addFault({ kind: 'length', path: model, delta: 1000 });
    expect(await receive()).toEqual({ bytes: size, broken: true });
  });

  it('stalls until released', async () => {
    const fault = hub.addFault({ kind: 'stall', path: model, afterBytes: 50_000 });
    const pending = get();
    await fault.hit();
    await hub.until(({ requests }) => requests.some(({ state }) => state === 'stalled'));
    expect(hub.downloads(file)).toEqual({ gets: 1, complete: 0, bytes: 50_000 });
    fault.release();
    expect((await pending).equals(whole)).toBe(true);
  });

  it('notices that a client left a stalled body', async () => {
    const fault = hub.addFault({ kind: 'stall', path: model, afterBytes: 0 });
    const controller = new AbortController();
    const response = await fetch(`${hub.url}/${repo}/resolve/main/${model}`, { signal: controller.signal });
    await fault.hit();
    controller.abort();
    await expect(response.arrayBuffer()).rejects.toThrow();
    await hub.until(({ requests }) => requests.at(-1)?.state === 'aborted');
  });

  it('ignores a range', async () => {
    hub.addFault({ kind: 'ignore-range', path: model });
    const response = await ask(model, { range: 'bytes=10-19' });
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBe(size);
    expect((await ask(model, { range: 'bytes=10-19' })).status).toBe(206);
  });

  it('changes the file between two ranges, which If-Match notices', async () => {
    hub.addFault({
      kind: 'replace',
      path: model,
      content: { size, seed: 8 },
      skip: 1,
      times: Number.POSITIVE_INFINITY,
    });
    const before = await ask(model, { range: 'bytes=0-99' });
    const after = await ask(model, { range: 'bytes=100-199' });
    const etag = before.headers.get('etag') ?? '';
    expect(after.headers.get('etag')).not.toBe(etag);
    expect(Buffer.from(await after.arrayBuffer()).equals(whole.subarray(100, 200))).toBe(false);
    expect((await ask(model, { range: 'bytes=100-199', 'if-match': etag })).status).toBe(412);
  });
});

describe('faults before an answer', () => {
  it('answers with a status a number of times, then as ever', async () => {
    hub.addFault({ kind: 'status', path: '*config.json', status: 429, retryAfter: 2 });
    hub.addFault({ kind: 'status', path: '*config.json', status: 503, times: 2 });
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await ask('config.json'));
    expect(answers.map(({ status }) => status)).toEqual([429, 503, 503, 200]);
    expect(answers[0]?.headers.get('retry-after')).toBe('2');
  });

  it('can strike the second host alone', async () => {
    const fault = hub.addFault({ kind: 'status', host: 'cdn', status: 500 });
    expect((await ask('config.json')).status).toBe(200);
    expect(fault.hits).toBe(0);
    expect((await ask()).status).toBe(500);
  });

  it('resets the connection', async () => {
    hub.addFault({ kind: 'reset', path: '*config.json' });
    const code = new Promise((resolve) => {
      const outgoing = request(`${hub.url}/${repo}/resolve/main/config.json`);
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).end();
    });
    expect(await code).toBe('ECONNRESET');
    expect((await ask('config.json')).status).toBe(200);
  });

  it('redirects for ever', async () => {
    hub.addFault({ kind: 'redirect-loop', path: 'config.json' });
    await expect(ask('config.json')).rejects.toThrow();
    expect(hub.requests.length).toBeGreaterThan(10);
  });

  it('redirects a small file to the second host', async () => {
    hub.addFault({ kind: 'redirect', path: 'config.json', to: 'cdn' });
    const response = await ask('config.json');
    expect(await response.json()).toEqual({ a: 1 });
    expect(new URL(response.url).origin).toBe(hub.cdnUrl);
  });
});

describe('the server', () => {
  it('shares its rate among all responses', async () => {
    hub.setThrottle(4_000_000);
    const started = performance.now();
    await Promise.all([get({ range: 'bytes=0-999999' }), get({ range: 'bytes=1000000-1999999' })]);
    // 2 MB at 4 MB/s; the timer may be early by a millisecond, never by more.
    expect(performance.now() - started).toBeGreaterThan(480);
  });

  it('can be waited on until so many bytes have left', async () => {
    hub.setThrottle(2_000_000);
    const controller = new AbortController();
    const pending = fetch(`${hub.url}/${repo}/resolve/main/${model}`, { signal: controller.signal }).then((response) =>
      response.arrayBuffer(),
    );
    await hub.until((server) => server.downloads(file).bytes >= 200_000);
    controller.abort();
    await expect(pending).rejects.toThrow();
    await hub.until(({ requests }) => requests.at(-1)?.state === 'aborted');
    expect(hub.downloads(file).bytes).toBeLessThan(size);
  });

  it('goes away and comes back on the same port, with what it holds', async () => {
    await hub.stop();
    await expect(ask('config.json')).rejects.toThrow();
    expect(hub.stats().openConnections).toEqual({ hub: 0, cdn: 0 });
    await hub.start();
    expect((await get()).equals(whole)).toBe(true);
  });

  it('counts open connections', async () => {
    const fault = hub.addFault({ kind: 'stall', path: model, afterBytes: 1 });
    const pending = get();
    await fault.hit();
    expect(hub.stats().openConnections.cdn).toBeGreaterThan(0);
    fault.release();
    await pending;
  });
});
