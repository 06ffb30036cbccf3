import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { packageRoot } from '../../src/package-info.js';
import { type HubServer, readFolder, startHubServer } from '../hub-server/index.mjs';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInEnvironment, standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { type HornetProcess, startServer } from './hornet-process.mjs';
import { makeModel } from './make-model.mjs';
import { runLoad } from './start-load.mjs';

const digit = join(packageRoot, 'test/pictures/digit-7.png');
const scene = join(packageRoot, 'test/pictures/scene-640x480.jpg');

let folder: string;
let home: string;
let isMounted = false;
let server: HornetProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hornet-volume-'));
  home = join(folder, 'home');
  mkdirSync(home);
});
afterEach(async () => {
  await server?.stop('SIGKILL');
  server = undefined;
  if (isMounted) execFileSync('umount', ['-l', home]);
  isMounted = false;
  rmSync(folder, { recursive: true, force: true });
});

/** Mounts a volume of its own size over the folder `home`, or skips the test with the reason. */
function mountVolume(context: TestContext, megabytes: number): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', home], { stdio: 'pipe' });
    isMounted = true;
  } catch (error) {
    const { stderr } = error as { stderr?: unknown };
    context.skip(`no volume can be mounted here: ${String(stderr ?? error).trim()}`);
  }
}

const filler = (): string => join(home, 'filler');

/** Leaves room for this many bytes on the volume. */
function fillVolume(bytesLeft: number): void {
  const { bavail, bsize } = statfsSync(home);
  writeFileSync(filler(), Buffer.alloc(Math.max(0, bavail * bsize - bytesLeft)));
}

function remount(mode: 'ro' | 'rw'): void {
  execFileSync('mount', ['-o', `remount,${mode}`, home]);
}

async function classify(running: HornetProcess, name: string, picture: string): Promise<Record<string, number>> {
  const mix = [{ name, path: `/models/${name}`, pictures: [picture] }];
  const { statuses } = await runLoad({ url: running.url, loop: { kind: 'burst', requests: 4 }, durationMs: 0, mix });
  return statuses;
}

/** It failed for this reason, and says so where one looks; the other serving answers. */
async function expectFailure(running: HornetProcess, code: string): Promise<void> {
  const { error } = await running.until('mobile', ({ state }) => state === 'failed');
  expect(error).toMatchObject({ code });
  expect(await running.logged('serving.failed')).toMatchObject({ serving: 'mobile', code });
  expect(await running.logged('serving.retry')).toMatchObject({ serving: 'mobile' });
  const report = await running.report('mobile');
  // Else it is being tried again just now.
  if (report?.state === 'failed') expect(report).toMatchObject({ error: { code }, retryInMs: expect.any(Number) });
  expect(await classify(running, 'digits', digit)).toEqual({ 200: 4 });
}

async function expectRecovery(running: HornetProcess): Promise<void> {
  await running.until('mobile', ({ state }) => state === 'ready');
  expect(await classify(running, 'mobile', scene)).toEqual({ 200: 4 });
  expect(await running.stop()).toBe(0);
}

describe('hornet serve while it downloads a model', () => {
  let hub: HubServer;
  beforeEach(async () => {
    const files = await readFolder(makeModel(join(folder, 'mobile'), 'mobile'));
    hub = await startHubServer({ repositories: [{ id: 'org/mobile', files }] });
  });
  afterEach(() => hub.stop());
  const start = async (): Promise<HornetProcess> => {
    server = await startServer({ args: ['digits', 'org/mobile'], env: { HF_ENDPOINT: hub.url, HORNET_HOME: home } });
    return server;
  };

  it('says that the volume is full, serves on with the other model, and goes on when there is room', async (context) => {
    mountVolume(context, 16);
    hub.addFault({ kind: 'stall', path: '/org/mobile/onnx/model.onnx', afterBytes: 500_000 });
    const running = await start();
    await running.until('mobile', ({ percent }) => (percent ?? 0) > 20);
    fillVolume(0);
    hub.clearFaults();
    await expectFailure(running, 'ERR_CACHE_NO_SPACE');
    rmSync(filler());
    await expectRecovery(running);
  });

  it('says that the volume is read-only, serves on with the other model, and goes on when it is not', async (context) => {
    mountVolume(context, 16);
    remount('ro');
    const running = await start();
    await expectFailure(running, 'ERR_CACHE_UNWRITABLE');
    remount('rw');
    await expectRecovery(running);
  });
});

describeWithStandIns('hornet serve while it builds an engine', standInFiles, () => {
  const environment = (): Record<string, string> => ({
    ...standInEnvironment('rtx'),
    HORNET_HOME: home,
    HORNET_BACKEND: 'tensorrt',
  });
  /** The other serving has its engine already. */
  const buildDigits = (): void => {
    execFileSync(process.execPath, [join(packageRoot, 'dist/cli/main.cjs'), 'build-engine', 'digits'], {
      env: { ...environment(), PATH: process.env.PATH },
      stdio: 'pipe',
    });
  };
  const start = async (model: string): Promise<HornetProcess> => {
    const env = { ...environment(), STANDIN_BUILD_MS: '2000' };
    server = await startServer({ args: ['digits', model], env });
    return server;
  };

  it('says that the volume is full, serves on with the other model, and goes on when there is room', async (context) => {
    mountVolume(context, 32);
    buildDigits();
    const running = await start(makeModel(join(folder, 'mobile'), 'mobile'));
    await running.until('mobile', ({ state, percent }) => state === 'building' && (percent ?? 0) >= 10);
    fillVolume(0);
    await expectFailure(running, 'ERR_CACHE_NO_SPACE');
    rmSync(filler());
    await expectRecovery(running);
  });

  it('says that the volume is read-only, serves on with the other model, and goes on when it is not', async (context) => {
    mountVolume(context, 32);
    buildDigits();
    remount('ro');
    const running = await start(makeModel(join(folder, 'mobile'), 'mobile'));
    await expectFailure(running, 'ERR_CACHE_UNWRITABLE');
    remount('rw');
    await expectRecovery(running);
  });
});
