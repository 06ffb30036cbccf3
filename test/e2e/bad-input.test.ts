import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';
import { noteSkip } from '../skips/note-skip.js';
import { type RunningServer, startHornet } from './run-hornet.js';

const ownFolder = join(packageRoot, 'test/pictures/invalid');
const sharedFolder = join(packageRoot, '../shared/images');
if (!existsSync(sharedFolder)) noteSkip('invalid files but our own', '../shared is not beside this checkout');

const collector = join(packageRoot, 'test/stand-ins/collect-garbage.mjs');

const files = [
  ...readdirSync(ownFolder).map((name) => join(ownFolder, name)),
  ...(existsSync(sharedFolder) ? readdirSync(sharedFolder).filter((name) => name.startsWith('bad-')) : []).map((name) =>
    join(sharedFolder, name),
  ),
];

describe('invalid files over HTTP', () => {
  useDocumentedAnswers();
  let server: RunningServer;
  beforeAll(async () => {
    server = await startHornet([], {}, ['--expose-gc', '--import', collector]);
  });
  afterAll(async () => {
    await server.stop();
  });
  const post = (body: Buffer): Promise<Response> =>
    fetch(`${server.url}/classify`, { method: 'POST', body: body as Buffer<ArrayBuffer> });
  /** Resident memory with the garbage collected: what is held, not what the collector has not come to yet. */
  const residentMb = async (): Promise<number> => {
    const collected = server.next('garbage.collected');
    process.kill(server.pid, 'SIGUSR2');
    return Number((await collected).rssBytes) / 1e6;
  };

  it.each(files)('answers %s with a 4xx, a code and a sentence, and the next request works', async (file) => {
    const response = await post(readFileSync(file));
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    const body = (await response.json()) as { code: string; error: string };
    expect(body).toEqual({
      ...body,
      code: expect.stringMatching(/^ERR_(IMAGE_|BODY_EMPTY)/),
      error: expect.stringMatching(/^[A-Z"].*\.$/s),
      remedy: expect.stringMatching(/\.$/),
    });
    expect(body.error).not.toMatch(/\n|node:|\/work|at .*:\d+:\d+/);
    const next = await post(readFileSync(join(packageRoot, 'test/pictures/digit-5.png')));
    expect(next.status).toBe(200);
  });

  it.skipIf(process.platform === 'win32')('leaves memory within 20 MB after 1,000 of them', async () => {
    const bodies = files.map((file) => readFileSync(file));
    const send = async (count: number): Promise<void> => {
      for (let sent = 0; sent < count; sent += bodies.length) {
        await Promise.all(bodies.map(async (body) => (await post(body)).arrayBuffer()));
      }
    };
    await send(500);
    const beforeMb = await residentMb();
    await send(1000);
    expect((await residentMb()) - beforeMb).toBeLessThan(20);
  });
});
