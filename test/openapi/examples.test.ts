import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/http/openapi/openapi-document.js';
import { operations } from '../../src/http/openapi/operations.js';
import { createServer } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { DocumentedAnswers } from './documented-answers.js';

/** A value that a document gives as an example, with where it is used. */
interface Example {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: string | undefined;
}

const document = openApiDocument({ secured: false });
const answers = new DocumentedAnswers(document);

/** Requests with the example of each parameter, and each example of the body in turn. */
const examples: readonly Example[] = operations.flatMap(({ method, path: route, body }) => {
  const path = route.replaceAll(':name', 'digits').replaceAll(':version', '1');
  const bodies = Object.entries(body?.content ?? {}).flatMap(([type, media]) =>
    Object.values(media?.examples ?? {}).map((example) => {
      const value = 'value' in example ? (example.value as unknown) : undefined;
      return { type, body: typeof value === 'string' ? value : JSON.stringify(value) };
    }),
  );
  const plain = body?.required === true ? [] : [{ type: undefined, body: undefined }];
  return [...plain, ...bodies].map((given) => ({ method: method.toUpperCase(), path, ...given }));
});

describe('the OpenAPI document', () => {
  const server = createServer({ port: 0, backend: 'onnxruntime', models: ['digits'] });
  let url = '';
  beforeAll(async () => {
    url = await server.listen();
    await fetch(`${url}/models/digits/load?wait=60000`, { method: 'POST' });
  });
  afterAll(() => server.close());

  async function ask({ method, path, type, body }: Example): Promise<number> {
    const response = await fetch(url + path, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: type === undefined ? {} : { 'Content-Type': type },
    });
    const { status, headers } = response;
    const [pathname = ''] = path.split('?');
    // A stream of events has no end.
    const isStream = headers.get('Content-Type')?.startsWith('text/event-stream') === true;
    const text = isStream ? '' : await response.text();
    if (isStream) await response.body?.cancel();
    expect(answers.problems({ method, path: pathname, status, headers, body: text })).toEqual([]);
    return status;
  }

  it.each(examples)('has an example that works: $method $path $type $body', async (example) => {
    expect(await ask(example)).toBeLessThan(300);
    // What was unloaded is there for the next one.
    if (example.path.endsWith('/unload')) await ask({ ...example, path: '/models/digits/load?wait=60000' });
  });

  it('is what the server serves, once', async () => {
    const response = await fetch(`${url}/openapi.json`);
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
    const tag = response.headers.get('ETag') ?? '';
    const again = await fetch(`${url}/openapi.json`, {
      headers: { 'If-None-Match': tag, 'Cache-Control': 'max-age=0' },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const head = await fetch(`${url}/openapi.json`, { method: 'HEAD' });
    expect([head.status, head.headers.get('ETag')]).toEqual([200, tag]);
  });

  it('lets every picture in that it has a media type for', async () => {
    const body = operations.find(({ id }) => id === 'classify')?.body;
    const pictures = ['digit-7.jpg', 'digit-7.png', 'digit-2.webp', 'digit-4.gif', 'digit-6.tif'];
    const types = Object.keys(body?.content ?? {}).filter((type) => type.startsWith('image/'));
    expect(types).toHaveLength(pictures.length);
    for (const [index, name] of pictures.entries()) {
      const picture = readFileSync(join(packageRoot, 'test/pictures', name)) as Buffer<ArrayBuffer>;
      const response = await fetch(`${url}/classify`, {
        method: 'POST',
        body: picture,
        headers: { 'Content-Type': types[index] ?? '' },
      });
      expect(response.status).toBe(200);
    }
  });
});
