import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type HornetProcess, startServer } from './hornet-process.mjs';
import { type RunningLoad, startLoad } from './start-load.mjs';

const digit = join(packageRoot, 'test/pictures/digit-7.png');

describe('a serving under load', () => {
  let server: HornetProcess;
  let load: RunningLoad;
  beforeEach(async () => {
    server = await startServer();
    await server.until('digits', ({ state }) => state === 'ready');
    load = startLoad({
      url: server.url,
      loop: { kind: 'closed', connections: 8 },
      durationMs: 600_000,
      mix: [{ name: 'one', path: '/classify', pictures: [digit], labels: { [digit]: '7' } }],
    });
    await load.answering;
  });
  afterEach(() => server.stop('SIGKILL'));

  async function post(path: string, body?: unknown): Promise<number> {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(server.url + path, { method: 'POST', ...init });
    await response.arrayBuffer();
    return response.status;
  }

  it('is replaced again and again without a request that notices', async () => {
    for (const batch of [1, 8, 2, 16, 4]) {
      expect(await post('/models/digits/load?wait=60000', { max_batch: batch })).toBe(200);
    }
    const { requests, statuses, wrong } = await load.stop();
    expect(statuses).toEqual({ 200: requests });
    expect(wrong).toBe(0);
    expect(await server.stop()).toBe(0);
  });

  it('answers what it has when it is unloaded, refuses what comes then with 409, and serves again when it is loaded', async () => {
    for (let round = 0; round < 3; round++) {
      expect(await post('/models/digits/unload')).toBe(200);
      expect(await server.status('digits')).toMatchObject({ state: 'unloaded' });
      expect(await post('/models/digits/classify')).toBe(409);
      expect(await post('/models/digits/load?wait=60000')).toBe(200);
      expect(await server.status('digits')).toMatchObject({ state: 'ready' });
    }
    const { requests, statuses, outcomes, wrong } = await load.stop();
    expect([outcomes, wrong]).toEqual([{ answered: requests }, 0]);
    expect(['200', '409']).toEqual(expect.arrayContaining(Object.keys(statuses)));
    expect(await server.stop()).toBe(0);
  });
});
