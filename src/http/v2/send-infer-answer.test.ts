import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeServing, scored, testSignature, when } from '../fake-serving.test-support.js';
import { type RunningApp, startApp } from '../start-app.test-support.js';
import { jsonInference } from './infer-request.test-support.js';

const tensor = { name: 'pixel_values', datatype: 'FP32', shape: [1, 3, 2, 2], data: Array(12).fill(0.5) };

describe('sendInferAnswer compresses answers', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(serving: FakeServing): Promise<RunningApp> {
    const app = await startApp([serving]);
    open.push(app);
    return app;
  }
  const serving = (): FakeServing => {
    const fake = new FakeServing();
    fake.signature = { ...testSignature, output: { name: 'logits', classes: 1000 } };
    return fake;
  };
  const rows = [Array.from({ length: 1000 }, (_, index) => index % 7)];

  /** By node:http, as fetch unpacks. */
  async function ask(app: RunningApp, fake: FakeServing, fields: object, acceptEncoding: string) {
    const { body, headers } = jsonInference({ inputs: [tensor], ...fields });
    const before = fake.scorings.length;
    const request = httpRequest(`${app.url}/v2/models/cats/infer`, {
      method: 'POST',
      headers: { ...headers, 'Accept-Encoding': acceptEncoding },
    });
    request.end(body);
    await when(fake, () => fake.scorings.length > before);
    fake.scorings[before]?.resolve(rows.map(scored));
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return { headers: answer.headers, body: Buffer.concat(await answer.toArray()) };
  }

  it.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
    ['br, deflate;q=0.5', inflateSync],
  ])('where the client asks for it: %s', async (coding, unpack) => {
    const fake = serving();
    const app = await start(fake);
    const plain = await ask(app, fake, {}, 'identity');
    const packed = await ask(app, fake, {}, coding);
    expect([plain.headers['content-encoding'], packed.headers['content-encoding']]).toEqual([
      undefined,
      expect.stringMatching(/^(gzip|deflate)$/),
    ]);
    expect(packed.body.length).toBeLessThan(plain.body.length);
    expect(unpack(packed.body)).toEqual(plain.body);
    expect(packed.headers.vary).toBe('Accept-Encoding');
  });

  it('and tells the length of the JSON as it is before that', async () => {
    const fake = serving();
    const app = await start(fake);
    const binary = { parameters: { binary_data_output: true } };
    const plain = await ask(app, fake, binary, 'identity');
    const packed = await ask(app, fake, binary, 'gzip');
    const length = 'inference-header-content-length';
    expect(packed.headers[length]).toBe(plain.headers[length]);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
  });

  it('but leaves short ones alone', async () => {
    const fake = new FakeServing();
    const app = await start(fake);
    const { headers } = await ask(
      app,
      fake,
      { outputs: [{ name: 'logits', parameters: { classification: 1 } }] },
      'gzip',
    );
    expect(headers['content-encoding']).toBeUndefined();
  });
});
