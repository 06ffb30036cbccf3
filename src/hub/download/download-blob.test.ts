import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import { downloadBlob } from './download-blob.js';
import type { BlobSource, DownloadOptions, HubRequest, HubResponse } from './download-options.js';
import { HttpStatusError } from './http-status-error.js';

/** What the fake Hub does to one request; afterwards it is honest. */
type Fault =
  | { readonly kind: 'cut' | 'short' | 'flip' | 'stall'; readonly after: number }
  | { readonly kind: 'refuse' | 'whole' | 'long' | 'shifted' | 'change' | 'loop' | 'total' }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> };

const resolveUrl = 'https://hub.test/org/repo/resolve/c0ffee/model.onnx';
const signedUrl = 'https://cdn.test/blob?signature=secret';
/** Sleeps of at least this long are the stall guard's; they end only when a fault says that time has passed. */
const stallTimeoutMs = 1e9;

class FakeHub {
  readonly asked: { url: string; headers: Readonly<Record<string, string>>; withToken: boolean }[] = [];
  readonly slept: number[] = [];
  readonly faults: Fault[];
  bytes: Buffer;
  etag = '"v1"';
  redirect = false;
  sent = 0;
  now = Date.UTC(2026, 0, 1);
  #watchers: (() => void)[] = [];

  constructor(bytes: Buffer, faults: Fault[] = []) {
    this.bytes = bytes;
    this.faults = faults;
  }

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      if (ms >= stallTimeoutMs / 2) {
        this.#watchers.push(resolve);
        return;
      }
      this.slept.push(ms);
      this.now += ms;
      setImmediate(resolve);
    });

  readonly request: HubRequest = async (url, { headers, signal, withToken }) => {
    signal.throwIfAborted();
    this.asked.push({ url, headers, withToken });
    if (this.redirect && url === resolveUrl) return answer(302, { location: signedUrl }, []);
    const fault = this.faults.shift();
    switch (fault?.kind) {
      case 'refuse':
        throw new Error('connect ECONNREFUSED');
      case 'loop':
        return answer(307, { location: url }, []);
      case 'status':
        return answer(fault.status, fault.headers ?? {}, [Buffer.from('sorry')]);
      case 'change':
        this.bytes = Buffer.from(this.bytes.map((byte) => byte ^ 0x55));
        this.etag = this.etag === '"v1"' ? '"v2"' : '"v1"';
    }
    if (headers['if-match'] !== undefined && headers['if-match'] !== this.etag) return answer(412, {}, []);
    const range = fault?.kind === 'whole' ? null : /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '');
    const shift = fault?.kind === 'shifted' ? 1 : 0;
    const [from, to] = range ? [Number(range[1]) + shift, Number(range[2]) + 1] : [0, this.bytes.length];
    const total = this.bytes.length + (fault?.kind === 'total' ? 1 : 0);
    const partial = range ? { 'content-range': `bytes ${from}-${to - 1}/${total}` } : {};
    return answer(range ? 206 : 200, { etag: this.etag, ...partial }, this.#body(from, to, fault, signal));
  };

  async *#body(from: number, to: number, fault: Fault | undefined, signal: AbortSignal): AsyncGenerator<Buffer> {
    for (let position = from; position < to; position += 700) {
      const chunk = Buffer.from(this.bytes.subarray(position, Math.min(to, position + 700)));
      const left = fault !== undefined && 'after' in fault ? fault.after - (position - from) : chunk.length;
      if (left < chunk.length) {
        if (fault?.kind === 'flip') chunk[Math.max(0, left)] = (chunk[Math.max(0, left)] ?? 0) ^ 1;
        else {
          this.sent += Math.max(0, left);
          yield chunk.subarray(0, Math.max(0, left));
          if (fault?.kind === 'stall') await this.#silence(signal);
          if (fault?.kind === 'cut') throw new Error('read ECONNRESET');
          return;
        }
      }
      this.sent += chunk.length;
      yield chunk;
    }
    if (fault?.kind === 'long') yield Buffer.from('more than was announced');
  }

  /** Lets the stall guard's time pass, and waits for it to give the try up. */
  #silence(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      if (signal.aborted) reject(signal.reason as Error);
      this.now += stallTimeoutMs;
      for (const watcher of this.#watchers.splice(0)) watcher();
    });
  }
}

function answer(status: number, headers: Record<string, string>, body: Iterable<Buffer> | AsyncIterable<Buffer>) {
  async function* stream(): AsyncGenerator<Buffer> {
    yield* body;
  }
  return { status, headers: new Headers(headers), body: stream() } satisfies HubResponse;
}

function patterned(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) * 7) & 0xff));
}

function sourceOf(bytes: Buffer): BlobSource {
  const hex = createHash('sha256').update(bytes).digest('hex');
  return { url: resolveUrl, size: bytes.length, digest: { algorithm: 'sha256', hex } };
}

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'download-blob-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function optionsFor(hub: FakeHub, options: Partial<DownloadOptions> = {}): DownloadOptions {
  return {
    incompletePath: join(folder, `${files++}.incomplete`),
    request: hub.request,
    sleep: hub.sleep,
    clock: () => hub.now,
    random: () => 0.5,
    stallTimeoutMs,
    rangeBytes: 2000,
    retry: { attempts: 3, baseMs: 100, maxMs: 1000 },
    ...options,
  };
}

const content = patterned(10_000);

describe('downloadBlob', () => {
  it('fills the partial file over parallel ranges and removes the journal', async () => {
    const hub = new FakeHub(content);
    const options = optionsFor(hub);
    let sum = 0;
    await downloadBlob(sourceOf(content), { ...options, onBytes: (delta) => (sum += delta) });
    expect(await readFile(options.incompletePath)).toEqual(content);
    await expect(stat(`${options.incompletePath}.ranges`)).rejects.toThrow('ENOENT');
    expect(hub.asked.length).toBe(5);
    expect(sum).toBe(content.length);
  });

  it('creates an empty file without asking for bytes', async () => {
    const empty = Buffer.alloc(0);
    const options = optionsFor(new FakeHub(empty));
    await downloadBlob(sourceOf(empty), options);
    expect((await stat(options.incompletePath)).size).toBe(0);
  });

  it('verifies git blob digests, and large files in the hash worker', async () => {
    const large = patterned(3_000_000);
    const hex = createHash('sha1').update(`blob ${large.length}\0`).update(large).digest('hex');
    const options = optionsFor(new FakeHub(large), { rangeBytes: 400_000 });
    await downloadBlob({ ...sourceOf(large), digest: { algorithm: 'git-sha1', hex } }, options);
    // Not toEqual: comparing megabytes byte by byte takes it many seconds
    expect((await readFile(options.incompletePath)).equals(large)).toBe(true);
  });

  it('keeps the token to the origin of the resolve URL and re-uses the signed target', async () => {
    const hub = new FakeHub(content);
    hub.redirect = true;
    await downloadBlob(sourceOf(content), optionsFor(hub));
    expect(hub.asked.filter(({ withToken }) => withToken).map(({ url }) => url)).toEqual([resolveUrl]);
    expect(hub.asked.filter(({ url }) => url === signedUrl).length).toBe(5);
  });

  it('resolves anew, without waiting, when the signature has expired', async () => {
    const hub = new FakeHub(content, [
      { kind: 'cut', after: 3000 },
      { kind: 'status', status: 403 },
    ]);
    hub.redirect = true;
    await downloadBlob(sourceOf(content), optionsFor(hub, { parallelRanges: 1 }));
    expect(hub.asked.filter(({ url }) => url === resolveUrl).length).toBe(2);
    expect(hub.slept).toEqual([]);
  });

  it('throws what the Hub refuses with, at once', async () => {
    const headers = { 'x-error-code': 'GatedRepo', 'x-error-message': 'Ask first' };
    const hub = new FakeHub(content, [{ kind: 'status', status: 403, headers }]);
    const error = await downloadBlob({ ...sourceOf(content), url: `${resolveUrl}?x=1` }, optionsFor(hub)).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(HttpStatusError);
    expect(error).toMatchObject({ status: 403, errorCode: 'GatedRepo', errorMessage: 'Ask first', url: resolveUrl });
    expect(hub.asked.length).toBe(1);
  });

  it('waits as long as Retry-After says, in seconds or as a date', async () => {
    const date = new Date(Date.UTC(2026, 0, 1) + 7050 + 20_000).toUTCString();
    const hub = new FakeHub(content, [
      { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'status', status: 503, headers: { 'retry-after': date } },
    ]);
    await downloadBlob(sourceOf(content), optionsFor(hub, { parallelRanges: 1 }));
    expect(hub.slept[0]).toBe(7050);
    expect(hub.slept[1]).toBeGreaterThan(19_000);
    expect(hub.slept[1]).toBeLessThan(21_000);
  });

  it('gives up as unreachable after as many tries in a row without a byte', async () => {
    const hub = new FakeHub(content, Array<Fault>(9).fill({ kind: 'refuse' }));
    await expect(downloadBlob(sourceOf(content), optionsFor(hub))).rejects.toMatchObject({
      code: 'ERR_HUB_UNREACHABLE',
    });
    expect(hub.asked.length).toBe(3);
  });

  it('finishes over a line that is cut every few bytes, and fetches no byte twice', async () => {
    const hub = new FakeHub(content, Array<Fault>(40).fill({ kind: 'cut', after: 210 }));
    await downloadBlob(sourceOf(content), optionsFor(hub));
    expect(hub.sent).toBe(content.length);
  });

  it('gives up a try that stalls, and goes on behind its last byte', async () => {
    const hub = new FakeHub(content, [{ kind: 'stall', after: 900 }]);
    await downloadBlob(sourceOf(content), optionsFor(hub));
    expect(hub.sent).toBe(content.length);
  });

  it('goes on where a failed call stopped, and reports the bytes it found', async () => {
    const hub = new FakeHub(content, [{ kind: 'cut', after: 1500 }, ...Array<Fault>(3).fill({ kind: 'refuse' })]);
    const options = optionsFor(hub, { parallelRanges: 1 });
    await expect(downloadBlob(sourceOf(content), options)).rejects.toThrow('ECONNREFUSED');
    const seen: [number, string][] = [];
    await downloadBlob(sourceOf(content), { ...options, onBytes: (delta, kind) => seen.push([delta, kind]) });
    expect(seen[0]).toEqual([1500, 'reused']);
    expect(hub.sent).toBe(content.length);
  });

  it('recognises a file that was complete but not renamed', async () => {
    const hub = new FakeHub(content);
    const options = optionsFor(hub);
    await writeFile(options.incompletePath, content);
    await downloadBlob(sourceOf(content), options);
    expect(hub.asked.length).toBe(0);
  });

  it('takes the whole file from a server that ignores ranges, from the first answer on or later', async () => {
    for (const faults of [
      [{ kind: 'whole' }],
      [{ kind: 'cut', after: 2000 }, { kind: 'refuse' }, { kind: 'whole' }],
    ] as Fault[][]) {
      const options = optionsFor(new FakeHub(content, faults));
      await downloadBlob(sourceOf(content), options);
      expect(await readFile(options.incompletePath)).toEqual(content);
    }
  });

  it('starts over when the file changes between ranges, and names both digests when it stays changed', async () => {
    const hub = new FakeHub(content, [{ kind: 'cut', after: 100 }, { kind: 'change' }]);
    const options = optionsFor(hub, { parallelRanges: 1 });
    let sum = 0;
    const error = await downloadBlob(sourceOf(content), { ...options, onBytes: (delta) => (sum += delta) }).catch(
      (e) => e,
    );
    const found = createHash('sha256').update(hub.bytes).digest('hex');
    expect(error).toMatchObject({ code: 'ERR_CHECKSUM_MISMATCH', details: { algorithm: 'sha256', found } });
    expect(error.message).toContain(sourceOf(content).digest.hex);
    expect(error.message).not.toContain(folder);
    expect(sum).toBe(0);
    await expect(stat(options.incompletePath)).rejects.toThrow('ENOENT');
  });

  it('rejects with the reason of the signal, keeps what came, and closes the connection', async () => {
    const controller = new AbortController();
    const hub = new FakeHub(content);
    const options = optionsFor(hub, { parallelRanges: 1, signal: controller.signal });
    const onBytes = (): void => controller.abort(new Error('enough'));
    await expect(downloadBlob(sourceOf(content), { ...options, onBytes })).rejects.toThrow('enough');
    const before = hub.sent;
    expect(before).toBeLessThan(content.length);
    await downloadBlob(sourceOf(content), optionsFor(hub, { incompletePath: options.incompletePath }));
    expect(hub.sent).toBeLessThanOrEqual(content.length + 1400);
  });

  it('is right or an error, never wrong bytes, whatever the server and the disk do in between', async () => {
    const after = fc.nat(3000);
    const fault: fc.Arbitrary<Fault> = fc.oneof(
      fc.record({ kind: fc.constantFrom('cut', 'short', 'flip', 'stall'), after }) as fc.Arbitrary<Fault>,
      fc.record({
        kind: fc.constantFrom('refuse', 'whole', 'long', 'shifted', 'change', 'loop', 'total'),
      }) as fc.Arbitrary<Fault>,
      fc.record({
        kind: fc.constant('status'),
        status: fc.constantFrom(403, 404, 408, 410, 416, 429, 500, 503),
      }) as fc.Arbitrary<Fault>,
    );
    const damage = fc.record({ journal: fc.boolean(), at: fc.nat(9000), bytes: fc.uint8Array({ maxLength: 9 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(9000),
        fc.array(fault, { maxLength: 14 }),
        fc.array(fc.option(damage, { nil: undefined }), { maxLength: 3 }),
        fc.record({ rangeBytes: fc.integer({ min: 300, max: 6000 }), parallelRanges: fc.integer({ min: 1, max: 4 }) }),
        fc.boolean(),
        async (size, faults, damages, choice, redirect) => {
          const bytes = patterned(size);
          const hub = new FakeHub(bytes, [...faults]);
          hub.redirect = redirect;
          const options = optionsFor(hub, choice);
          let done = false;
          for (const wound of [...damages, undefined, undefined]) {
            if (done) break;
            done = await downloadBlob(sourceOf(bytes), options).then(() => true, expectKnownError);
            if (wound !== undefined && !done)
              await hurt(options.incompletePath + (wound.journal ? '.ranges' : ''), wound);
          }
          // An honest server at last: everything heals
          hub.faults.length = 0;
          hub.bytes = bytes;
          if (!done) await downloadBlob(sourceOf(bytes), options);
          expect((await readFile(options.incompletePath)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });
});

function expectKnownError(error: unknown): false {
  if (error instanceof HttpStatusError) return false;
  expect(error).toBeInstanceOf(HornetError);
  expect(['ERR_HUB_UNREACHABLE', 'ERR_CHECKSUM_MISMATCH']).toContain((error as HornetError).code);
  return false;
}

async function hurt(path: string, { at, bytes }: { at: number; bytes: Uint8Array }): Promise<void> {
  const handle = await open(path, 'r+').catch(() => undefined);
  const size = (await handle?.stat())?.size ?? 0;
  if (bytes.length === 0) await handle?.truncate(Math.min(at, size));
  else await handle?.write(bytes, 0, bytes.length, at % (size + 1));
  await handle?.close();
}
