import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { ManualClock } from '../serving/manual-clock.test-support.js';
import { aCat, FakeServing, when } from './fake-serving.test-support.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

const mebibyte = 1024 * 1024;
const [one, two, three] = ['one', 'two', 'three'].map((text) => Buffer.from(text));

describe('what the classify route takes', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(
    options: Parameters<typeof startApp>[1] = {},
  ): Promise<{ app: RunningApp; serving: FakeServing }> {
    const serving = new FakeServing();
    const app = await startApp([serving], options);
    open.push(app);
    return { app, serving };
  }
  const post = (url: string, body: string | Buffer | FormData, path = '/classify', headers = {}): Promise<Response> =>
    fetch(url + path, { method: 'POST', body: body as string, headers });
  const list = (...images: (Buffer | undefined)[]): string =>
    JSON.stringify({ inputs: images.map((image) => image?.toString('base64')) });
  const bodiesOf = (serving: FakeServing): string[] => serving.images.map(({ body }) => String(body));
  const answerAll = (serving: FakeServing): void => {
    for (const [index, image] of serving.images.entries()) {
      image.resolve({ ...aCat, labels: [{ label: `cat ${index}`, score: 1 }] });
    }
  };

  it.each(['/classify', '/models/cats/classify', '/', '/models/cats'])(
    'answers a list of images with a list: %s',
    async (path) => {
      const { app, serving } = await start();
      const answer = post(app.url, list(one, two, three), path);
      await when(serving, () => serving.images.length === 3);
      expect([bodiesOf(serving), serving.inFlight, serving.bytes]).toEqual([['one', 'two', 'three'], 3, [11]]);
      answerAll(serving);
      expect(await (await answer).json()).toEqual([0, 1, 2].map((index) => [{ label: `cat ${index}`, score: 1 }]));
      await when(serving, () => serving.inFlight === 0);
    },
  );

  it('answers a list of one with a list, and one image as such with its labels alone', async () => {
    const { app, serving } = await start();
    for (const [body, expected] of [
      [list(one), [[{ label: 'cat 0', score: 1 }]]],
      [JSON.stringify({ inputs: one?.toString('base64') }), [{ label: 'cat 0', score: 1 }]],
    ] as const) {
      serving.images.length = 0;
      const answer = post(app.url, body);
      await when(serving, () => serving.images.length === 1);
      answerAll(serving);
      expect(await (await answer).json()).toEqual(expected);
    }
  });

  it('takes the files of a form, and its fields for parameters', async () => {
    const { app, serving } = await start();
    const form = new FormData();
    form.append('a', new Blob(['one']), 'a.png');
    form.append('b', new Blob(['two']), 'b.png');
    form.append('top_k', '3');
    const answer = post(app.url, form);
    await when(serving, () => serving.images.length === 2);
    expect([bodiesOf(serving), serving.images[0]?.options.topK]).toEqual([['one', 'two'], 3]);
    answerAll(serving);
    expect(await (await answer).json()).toHaveLength(2);
  });

  it('prefers the parameters of the body to those of the query, one by one, and ignores others in the query', async () => {
    const { app, serving } = await start();
    const body = JSON.stringify({ inputs: 'b25l', parameters: { top_k: 2, function_to_apply: null } });
    const answer = post(app.url, body, '/classify?top_k=7&function_to_apply=none&wait_for_model=true');
    await when(serving, () => serving.images.length === 1);
    expect(serving.images[0]?.options).toMatchObject({ topK: 2, functionToApply: 'none' });
    answerAll(serving);
    expect((await answer).status).toBe(200);
  });

  it('tells the longest time of several images in each stage', async () => {
    const { app, serving } = await start();
    const answer = post(app.url, list(one, two));
    await when(serving, () => serving.images.length === 2);
    const { timings } = aCat;
    serving.images[0]?.resolve({ ...aCat, timings: { ...timings, decode: 9, queue: 0, batch: 0 } });
    serving.images[1]?.resolve({ ...aCat, timings: { ...timings, inference: 8 } });
    expect((await answer).headers.get('Server-Timing')).toBe(
      'decode;dur=9, preprocess;dur=3, queue;dur=5, inference;dur=8',
    );
  });

  it.each([
    ['inputs[1]', list(one, two)],
    ['photos', undefined],
  ])('fails as a whole with the one image that fails, naming it: %s', async (field, body) => {
    const { app, serving } = await start();
    const form = new FormData();
    form.append('other', new Blob(['one']), 'a.png');
    form.append('photos', new Blob(['two']), 'b.png');
    const answer = post(app.url, body ?? form);
    await when(serving, () => serving.images.length === 2);
    serving.images[1]?.reject(
      new HornetError('ERR_IMAGE_UNDECODABLE', 'The image is cut off.', { details: { index: 1 } }),
    );
    expect([(await answer).status, await (await answer).json()]).toMatchObject([
      422,
      { code: 'ERR_IMAGE_UNDECODABLE', error: `${field}: The image is cut off.`, index: 1, field },
    ]);
    await when(serving, () => serving.inFlight === 0);
  });

  it('refuses more images than are allowed, or than there is room for', async () => {
    const { app, serving } = await start({ maxImages: 2 });
    const refused = await post(app.url, list(one, two, three));
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'ERR_TOO_MANY_IMAGES', maxImages: 2 }]);
    serving.roomImages = 1;
    const full = await post(app.url, list(one, two));
    expect([full.status, full.headers.get('Retry-After')]).toEqual([429, '1']);
    expect([serving.images, serving.inFlight]).toEqual([[], 0]);
  });

  it('unpacks a body, and counts what is in it', async () => {
    const { app, serving } = await start({ maxBodyBytes: 5_000_000 });
    const answer = post(app.url, gzipSync(Buffer.alloc(4_000_000)), '/classify', { 'Content-Encoding': 'gzip' });
    await when(serving, () => serving.images.length === 1);
    expect([serving.images[0]?.body.length, serving.bytes]).toEqual([4_000_000, [4_000_000]]);
    answerAll(serving);
    expect((await answer).status).toBe(200);
    const refused = await post(app.url, 'x', '/classify', { 'Content-Encoding': 'zstd' });
    expect([refused.status, await refused.json()]).toMatchObject([415, { code: 'ERR_ENCODING_UNSUPPORTED' }]);
    expect([refused.headers.get('Connection'), serving.bytes.length]).toEqual(['keep-alive', 1]);
  });

  describe('from a slow sender', () => {
    /** A request of which the server has begun to read the body. */
    async function begin(headers: Record<string, string | number> = {}) {
      const clock = new ManualClock();
      const { app, serving } = await start({ clock, bodyIdleMs: 10_000, maxBodyBytes: 40 * mebibyte });
      const request = httpRequest(`${app.url}/classify`, {
        method: 'POST',
        headers: { Expect: '100-continue', ...headers },
      });
      const answered = once(request, 'response') as Promise<[IncomingMessage]>;
      request.on('error', () => {}).flushHeaders();
      await once(request, 'continue');
      return { clock, serving, request, answered };
    }

    it('holds back no more room than it needs a moment later, and ends with 408 when nothing comes', async () => {
      const { clock, serving, request, answered } = await begin({ 'Content-Length': 32 * mebibyte });
      expect(serving.bytes).toEqual([mebibyte]);
      request.write(Buffer.alloc(mebibyte + 1));
      await when(serving, () => (serving.bytes[0] ?? 0) > mebibyte);
      expect(serving.bytes[0]).toBeLessThanOrEqual(2 * mebibyte + 1);
      await clock.advance(9_999);
      expect(serving.inFlight).toBe(1);
      await clock.advance(1);
      const [answer] = await answered;
      expect([answer.statusCode, answer.headers.connection]).toEqual([408, 'close']);
      const closed = once(answer.socket, 'close');
      expect(JSON.parse(String(Buffer.concat(await answer.toArray())))).toMatchObject({ code: 'ERR_REQUEST_TIMEOUT' });
      await closed;
      expect(serving.inFlight).toBe(0);
    });

    it('ends with 408 when a byte comes now and then', async () => {
      const { clock, serving, request, answered } = await begin({ 'Transfer-Encoding': 'chunked' });
      let sent = 0;
      while (serving.inFlight === 1 && sent < 20) {
        request.write('x');
        sent++;
        await when(serving, () => serving.bytes[0] === sent);
        await clock.advance(5_000);
      }
      const [answer] = await answered;
      expect([answer.resume().statusCode, sent]).toEqual([408, 2]);
    });

    it('takes its body where it is just fast enough', async () => {
      const { clock, serving, request, answered } = await begin({ 'Transfer-Encoding': 'chunked' });
      for (let seconds = 9; seconds <= 45; seconds += 9) {
        request.write(Buffer.alloc(9 * 1100));
        await when(serving, () => serving.bytes[0] === seconds * 1100);
        await clock.advance(9_000);
      }
      request.end();
      await when(serving, () => serving.images.length === 1);
      answerAll(serving);
      expect((await answered)[0].resume().statusCode).toBe(200);
      expect(clock.nextAt).toBeUndefined();
    });
  });
});
