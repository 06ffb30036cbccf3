import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type HornetProcess, startServer } from './hornet-process.mjs';
import { runLoad, startLoad } from './start-load.mjs';

const digit = join(packageRoot, 'test/pictures/digit-7.png');
const labels = { [digit]: '7' };
const faults = fileURLToPath(new URL('./blank-picture-kills-worker.mjs', import.meta.url));

describe('hornet serve when a picture exhausts the heap of the worker on the CPU', () => {
  let folder: string;
  let blank: string;
  let server: HornetProcess;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hornet-faults-'));
    blank = join(folder, 'blank.png');
    await sharp({ create: { width: 28, height: 28, channels: 3, background: 'white' } }).toFile(blank);
    server = await startServer({ args: ['one=digits', 'two=digits'], nodeArgs: ['--import', faults] });
    for (const name of ['one', 'two']) await server.until(name, ({ state }) => state === 'ready');
  });
  afterEach(async () => {
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const whole = (name: string) => ({ name, path: `/models/${name}`, pictures: [digit], labels });

  it('fails that request alone, starts another worker, and leaves the other serving alone', async () => {
    const around = startLoad({
      url: server.url,
      loop: { kind: 'closed', connections: 8 },
      durationMs: 60_000,
      mix: [whole('one'), whole('two')],
    });
    await around.answering;
    for (let fault = 0; fault < 3; fault++) {
      const replaced = server.next('worker.replaced');
      const guilty = await runLoad({
        url: server.url,
        loop: { kind: 'burst', requests: 1 },
        durationMs: 0,
        keepRecords: true,
        mix: [{ name: 'blank', path: '/models/one', pictures: [blank] }],
      });
      expect(guilty.records).toMatchObject([{ status: 500, code: 'ERR_BACKEND_WORKER_LOST' }]);
      await replaced;
    }
    const { kinds, wrong, requests, outcomes } = await around.stop();
    expect([outcomes, wrong]).toEqual([{ answered: requests }, 0]);
    expect(kinds.one?.statuses).toEqual({ 200: kinds.one?.requests });
    expect(kinds.two?.statuses).toEqual({ 200: kinds.two?.requests });
    expect(await server.status('one')).toMatchObject({ state: 'ready', error: null });
    expect(await server.stop()).toBe(0);
  });

  it('says that a serving failed whose workers keep dying, serves on with the other, and loads it again by itself', async () => {
    for (let fault = 0; fault < 6; fault++) {
      await runLoad({
        url: server.url,
        loop: { kind: 'burst', requests: 1 },
        durationMs: 0,
        mix: [{ name: 'blank', path: '/models/one', pictures: [blank] }],
      });
    }
    expect(await server.logged('serving.failed')).toMatchObject({ serving: 'one', code: 'ERR_BACKEND_WORKER_LOST' });
    const report = await server.report('one');
    if (report?.state === 'failed') expect(report.error).toMatchObject({ code: 'ERR_BACKEND_WORKER_LOST' });
    const others = await runLoad({
      url: server.url,
      loop: { kind: 'burst', requests: 8 },
      durationMs: 0,
      mix: [whole('two')],
    });
    expect(others.statuses).toEqual({ 200: 8 });
    await server.until('one', ({ state }) => state === 'ready');
    const again = await runLoad({
      url: server.url,
      loop: { kind: 'burst', requests: 8 },
      durationMs: 0,
      mix: [whole('one')],
    });
    expect(again.statuses).toEqual({ 200: 8 });
    expect(await server.stop()).toBe(0);
  });
});
