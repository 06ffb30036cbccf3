import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type HubServer, readFolder, startHubServer } from '../hub-server/index.mjs';
import { noteSkip } from '../skips/note-skip.js';
import { hornetEntry, runHornet, startHornet } from './run-hornet.js';

const sharedModel = join(packageRoot, '../shared/models/squeezenet-imagenet');
const photo = join(packageRoot, '../shared/photos/235642.jpg');
const hasShared = existsSync(sharedModel);
if (!hasShared)
  noteSkip('serving SqueezeNet from the Hub (the sample stands in)', '../shared is not beside this checkout');
const model = hasShared
  ? { folder: sharedModel, picture: photo, label: 'zebra' }
  : { folder: join(packageRoot, 'models/digits'), picture: join(packageRoot, 'test/pictures/digit-3.png'), label: '3' };

/** Whether a command works here; where it does not, its tests are skipped and the reason is printed. */
function works(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    noteSkip('serving offline', `"${[command, ...args].join(' ')}" does not work here`);
    return false;
  }
}

describe('a model of the Hub', () => {
  let hub: HubServer;
  let home: string;
  let env: Record<string, string>;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'hornet-hub-'));
    hub = await startHubServer({ repositories: [{ id: 'org/model', files: await readFolder(model.folder) }] });
    // It is fetched, prepared and measured before the first answer, on a machine that may be busy.
    const patience = { HORNET_LOADING_WAIT_MS: '60000', HORNET_TIMEOUT_MS: '60000' };
    env = { HF_ENDPOINT: hub.url, HORNET_HOME: home, ...patience };
  });
  afterEach(async () => {
    await hub.stop();
    rmSync(home, { recursive: true });
  });

  async function classifyOver(url: string): Promise<unknown> {
    const body = readFileSync(model.picture) as Buffer<ArrayBuffer>;
    const response = await fetch(`${url}/classify?top_k=1`, { method: 'POST', body });
    return response.json();
  }
  const expected = [{ label: model.label, score: expect.any(Number) }];

  it('is fetched, served, and served again from the cache when the Hub is gone', async () => {
    const first = await startHornet(['org/model'], env);
    expect(await classifyOver(first.url)).toEqual(expected);
    expect(await first.stop()).toBe(0);
    await hub.stop();

    const second = await startHornet(['org/model'], env);
    expect(await classifyOver(second.url)).toEqual(expected);
    expect(await second.stop()).toBe(0);
    expect(second.log.map(({ event }) => event)).toContain('hub.unreachable');
  });

  it('has a state, a percentage and a message while it is downloaded, and the server is live', async () => {
    const files = { ...(await readFolder(model.folder)), 'onnx/model.onnx': { size: 30_000_000, seed: 1 } };
    await hub.addRepository({ id: 'org/large', files });
    hub.addFault({ kind: 'stall', path: '/org/large/onnx/model.onnx', afterBytes: 20_000_000 });
    const server = await startHornet(['--loading-wait-ms', '0', 'org/large'], env);
    const status = async (): Promise<{ state: string; percent: number | null }> =>
      (await (await fetch(`${server.url}/models/large`)).json()) as { state: string; percent: number | null };
    await expect.poll(async () => (await status()).percent ?? 0, { timeout: 40_000 }).toBeGreaterThan(50);
    expect((await status()).state).toBe('downloading');
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    expect(await classifyOver(server.url)).toMatchObject({ code: 'ERR_SERVING_LOADING', state: 'downloading' });
    expect(await server.stop()).toBe(0);
  });

  it('that cannot be fetched leaves the server up with the reason', async () => {
    await hub.stop();
    const server = await startHornet(['org/model'], env);
    const readiness = async (): Promise<unknown> => (await fetch(`${server.url}/health/ready`)).json();
    await expect
      .poll(readiness, { timeout: 50_000 })
      .toMatchObject({ servings: [{ state: 'failed', error: { code: 'ERR_HUB_UNREACHABLE' } }] });
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(server.log.map(({ event }) => event)).toContain('serving.retry');
  });

  it.skipIf(!works('unshare', '-n', 'true'))('classifies offline where there is no network at all', async () => {
    expect((await runHornet(['fetch', 'org/model'], { env })).exitCode).toBe(0);
    const args = [
      '-n',
      process.execPath,
      hornetEntry,
      'classify',
      'org/model',
      model.picture,
      '--top-k',
      '1',
      '--json',
    ];
    const stdout = execFileSync('unshare', args, { env: { ...env, HF_HUB_OFFLINE: '1', PATH: process.env.PATH } });
    expect(JSON.parse(String(stdout))).toMatchObject([{ labels: expected }]);
  });

  it.skipIf(!works('strace', '-V'))('opens no socket when it is offline', async () => {
    expect((await runHornet(['fetch', 'org/model'], { env })).exitCode).toBe(0);
    const trace = join(home, 'trace');
    const command = [process.execPath, hornetEntry, 'classify', 'org/model', model.picture];
    execFileSync('strace', ['-f', '-ff', '-e', 'trace=network', '-o', trace, ...command], {
      env: { ...env, HF_HUB_OFFLINE: '1', PATH: process.env.PATH },
      stdio: 'ignore',
    });
    const traces = readdirSync(home).filter((name) => name.startsWith('trace.'));
    expect(traces.length).toBeGreaterThan(1);
    const calls = traces.map((name) => readFileSync(join(home, name), 'utf8')).join('');
    // Sockets of the internet; a local one may be asked for the user's name by the C library.
    expect(calls).not.toMatch(/AF_INET/);
  });
});
