import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type ClassifyOutcome, classifyPicture } from './classify-picture.js';

/** What becomes of a picture where a server answers 429 with this header. */
async function refused(retryAfter: string | undefined): Promise<ClassifyOutcome> {
  const server = createServer((_request, response) => {
    if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
    response.writeHead(429).end();
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/classify`;
  const { signal } = new AbortController();
  return await classifyPicture({ url, picture: new Blob(['picture']), token: null, signal });
}

it.each([
  ['7', 7000],
  ['86400', 300_000],
  ['soon', 2000],
  [undefined, 2000],
])('is sent again later where the server says Retry-After: %s', async (retryAfter, afterMs) => {
  expect(await refused(retryAfter)).toMatchObject({ kind: 'later', afterMs });
});
