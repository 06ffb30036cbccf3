import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInEnvironment, standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { type HornetProcess, startServer } from './hornet-process.mjs';
import { startLoad } from './start-load.mjs';

const digit = join(packageRoot, 'test/pictures/digit-7.png');
const labels = { [digit]: '7' };

describeWithStandIns('hornet serve when its only GPU is lost under load (on the stand-ins)', standInFiles, () => {
  let home: string;
  let server: HornetProcess;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'hornet-lost-'));
    server = await startServer({
      args: ['gpu=digits?backend=tensorrt', 'cpu=digits?backend=onnxruntime', '--timeout-ms', '3000'],
      env: {
        ...standInEnvironment('rtx'),
        HORNET_HOME: home,
        STANDIN_FAIL: 'cuMemcpyHtoDAsync_v2@60=lost',
        STANDIN_REPORT: join(home, 'stand-in.json'),
      },
    });
    for (const name of ['gpu', 'cpu']) await server.until(name, ({ state }) => state === 'ready');
  });
  afterEach(async () => {
    await server.stop('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  it('says so, fails what was in it with a reason, tries to load it again, and serves on with the CPU', async () => {
    const lost = server.next('gpu.lost');
    const failedAgain = server.next('gpu.reload-failed');
    const kind = (name: string) => ({ name, path: `/models/${name}`, pictures: [digit], labels });
    const load = startLoad({
      url: server.url,
      loop: { kind: 'closed', connections: 4 },
      durationMs: 60_000,
      keepRecords: true,
      mix: [kind('gpu'), kind('cpu'), { name: 'live', path: '/health/live' }],
    });
    expect(await lost).toMatchObject({ code: 'ERR_GPU_LOST' });
    expect(await server.status('gpu')).toMatchObject({ state: 'loading', message: expect.stringContaining('lost') });
    await failedAgain;
    const { kinds, records, requests, outcomes } = await load.stop();
    expect(outcomes).toEqual({ answered: requests });
    for (const name of ['cpu', 'live']) expect(kinds[name]?.statuses).toEqual({ 200: kinds[name]?.requests });
    const codes = records.flatMap((record) => (record.kind === 'gpu' && record.code !== null ? [record.code] : []));
    expect(codes).toContain('ERR_GPU_LOST');
    // What came afterwards was held for a GPU that may come back, and is told at its deadline that none did.
    const told = ['ERR_GPU_LOST', 'ERR_DEADLINE_EXCEEDED', 'ERR_SERVING_LOADING'];
    expect(told).toEqual(expect.arrayContaining([...new Set(codes)]));
    expect(await server.stop()).toBe(0);
    const { violations, leaks } = JSON.parse(readFileSync(join(home, 'stand-in.json'), 'utf8')) as Record<string, []>;
    expect([violations, leaks]).toEqual([[], []]);
  });
});
