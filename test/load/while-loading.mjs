import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFolder, startHubServer } from '../hub-server/index.mjs';
import { standInEnvironment } from '../stand-ins/stand-in-environment.mjs';
import { startServer } from './hornet-process.mjs';
import { makeModel } from './make-model.mjs';
import { runLoad, startLoad } from './start-load.mjs';

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const digit = file('../pictures/digit-7.png');
const scene = file('../pictures/scene-640x480.jpg');

/** @type {import('./while-loading.mjs').serveWhileDownloading} */
export async function serveWhileDownloading({ downloadMs, ...options }) {
  const home = mkdtempSync(join(tmpdir(), 'hornet-loading-'));
  const files = await readFolder(makeModel(join(home, 'mobile'), 'mobile'));
  const hub = await startHubServer({ repositories: [{ id: 'org/mobile', files }] });
  const weights = hub.repository('org/mobile').file('onnx/model.onnx').size;
  hub.setThrottle((1000 * weights) / downloadMs);
  try {
    return await serveWhileLoading({
      ...options,
      model: 'org/mobile',
      env: { HF_ENDPOINT: hub.url, HORNET_HOME: home },
    });
  } finally {
    await hub.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** @type {import('./while-loading.mjs').serveWhileBuilding} */
export async function serveWhileBuilding({ buildMs, ...options }) {
  const home = mkdtempSync(join(tmpdir(), 'hornet-loading-'));
  const env = { ...standInEnvironment('rtx'), HORNET_HOME: home, HORNET_BACKEND: 'tensorrt' };
  try {
    const model = makeModel(join(home, 'mobile'), 'mobile');
    // The other serving has its engine already.
    execFileSync(process.execPath, [file('../../dist/cli/main.cjs'), 'build-engine', 'digits'], {
      env: { ...env, PATH: process.env.PATH },
      stdio: 'pipe',
    });
    return await serveWhileLoading({ ...options, model, env: { ...env, STANDIN_BUILD_MS: String(buildMs) } });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * Asks for health, the serving that is there and the one that is not, until that one is there too.
 * @param {import('./while-loading.mjs').LoadingOptions & { model: string, env: Record<string, string> }} options
 * @returns {Promise<import('./while-loading.mjs').LoadingResult>}
 */
async function serveWhileLoading({ model, env, loadingWaitMs, ratePerSecond }) {
  const server = await startServer({ args: ['digits', model, '--loading-wait-ms', String(loadingWaitMs)], env });
  try {
    await server.until('digits', ({ state }) => state === 'ready');
    const loading = { name: 'loading', path: '/models/mobile', pictures: [scene] };
    const load = startLoad({
      url: server.url,
      loop: { kind: 'open', ratePerSecond },
      durationMs: 600_000,
      keepRecords: true,
      mix: [
        { name: 'live', weight: 4, path: '/health/live' },
        { name: 'other', path: '/models/digits', pictures: [digit], labels: { [digit]: '7' } },
        loading,
      ],
    });
    /** @type {import('./while-loading.mjs').LoadingStep[]} */
    const steps = [];
    const { state } = await server.until('mobile', (status) => {
      const last = steps.at(-1);
      const isNew = last?.state !== status.state || last.percent !== status.percent;
      if (isNew) steps.push({ state: status.state, percent: status.percent, message: status.message });
      return status.state === 'ready' || status.state === 'failed';
    });
    const result = await load.stop();
    const afterwards = await runLoad({
      url: server.url,
      loop: { kind: 'burst', requests: 4 },
      durationMs: 0,
      mix: [loading],
    });
    return { steps, state, load: result, afterwards, exitCode: await server.stop() };
  } finally {
    await server.stop('SIGKILL');
  }
}
