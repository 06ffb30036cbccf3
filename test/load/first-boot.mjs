import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readFolder, startHubServer } from '../hub-server/index.mjs';
import { standInEnvironment } from '../stand-ins/stand-in-environment.mjs';
import { startServer } from './hornet-process.mjs';
import { makeModel } from './make-model.mjs';
import { runLoad } from './start-load.mjs';
import { TestVolume } from './test-volume.mjs';

const scene = fileURLToPath(new URL('../pictures/scene-640x480.jpg', import.meta.url));
const repository = 'org/mobile';
/** What `auto` takes on a GPU. */
const weights = 'onnx/model_fp16.onnx';
const told = ['server.listening', 'gpu.probe', 'hub.fetch', 'engine.build', 'engine.built', 'serving.state'];

/** A folder with a Hub beside it, whose one model is served on the stand-in GPU from the volume `home`. */
async function startScene() {
  const folder = mkdtempSync(join(tmpdir(), 'hornet-first-boot-'));
  const files = await readFolder(makeModel(join(folder, 'mobile'), 'mobile'));
  const hub = await startHubServer({ repositories: [{ id: repository, files }] });
  const home = join(folder, 'volume');
  const env = { ...standInEnvironment('rtx'), HORNET_BACKEND: 'tensorrt', HORNET_HOME: home, HF_ENDPOINT: hub.url };
  const remove = async () => {
    await hub.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { hub, home, env, remove };
}

/** @type {import('./first-boot.mjs').bootTwice} */
export async function bootTwice({ downloadMs, buildMs }) {
  const { hub, env, remove } = await startScene();
  hub.setThrottle((1000 * hub.repository(repository).file(weights).size) / downloadMs);
  const boot = async () => {
    const before = hub.downloads(`${repository}/${weights}`).bytes;
    const observed = await observeBoot({ ...env, STANDIN_BUILD_MS: String(buildMs) });
    return { ...observed, downloadedBytes: hub.downloads(`${repository}/${weights}`).bytes - before };
  };
  try {
    return { first: await boot(), second: await boot() };
  } finally {
    await remove();
  }
}

/** @param {Record<string, string>} env */
async function observeBoot(env) {
  const startedAt = Date.now();
  const server = await startServer({ args: [repository, '--loading-wait-ms', '60000', '--timeout-ms', '60000'], env });
  try {
    const firstAnswer = answerOf(server.url).then(() => Date.now() - startedAt);
    /** @type {Map<string, Set<number>>} */
    const seen = new Map();
    /** @type {number[]} */
    const readiness = [];
    let notAlive = 0;
    for (;;) {
      const [live, ready] = await Promise.all(['live', 'ready'].map((name) => fetch(`${server.url}/health/${name}`)));
      await Promise.all([live?.arrayBuffer(), ready?.arrayBuffer()]);
      if (live?.status !== 200) notAlive++;
      if (ready && readiness.at(-1) !== ready.status) readiness.push(ready.status);
      const { state, percent, error } = await server.status('mobile');
      if (error !== null) throw new Error(`${error.code}: ${error.message}`);
      if (percent !== null) seen.set(state, (seen.get(state) ?? new Set()).add(percent));
      if (ready?.status === 200) break;
      await sleep(20);
    }
    const firstAnswerMs = await firstAnswer;
    const exitCode = await server.stop();
    const lines = server.log.filter(({ event, state }) => told.includes(String(event)) && !isEnding(state));
    const steps = lines.map(({ time, event, state, msg }) => ({
      atMs: Number(time) - startedAt,
      event: String(event),
      state: typeof state === 'string' ? state : null,
      message: String(msg),
    }));
    return {
      steps,
      states: steps.flatMap(({ state }) => state ?? []),
      percents: Object.fromEntries([...seen].map(([state, percents]) => [state, percents.size])),
      readiness,
      notAlive,
      builds: server.events('engine.build').length,
      firstAnswerMs,
      exitCode,
    };
  } finally {
    await server.stop('SIGKILL');
  }
}

const isEnding = (/** @type {unknown} */ state) => state === 'draining' || state === 'unloaded';

/** @param {string} url */
async function answerOf(url) {
  const { statuses } = await ask(url, 1);
  if (statuses[200] !== 1) throw new Error(`the first request was answered ${JSON.stringify(statuses)}`);
}

/** @param {string} url @param {number} requests */
function ask(url, requests) {
  const mix = [{ name: 'mobile', path: '/models/mobile', pictures: [scene] }];
  return runLoad({ url, loop: { kind: 'burst', requests }, durationMs: 0, mix });
}

/** @type {import('./first-boot.mjs').bootWithFault} */
export async function bootWithFault({ fault, during }) {
  const { hub, home, env, remove } = await startScene();
  /** @type {TestVolume | undefined} */
  let volume;
  /** @type {Awaited<ReturnType<typeof startServer>> | undefined} */
  let server;
  try {
    volume = new TestVolume(home, 32);
    if (during === 'downloading')
      hub.addFault({ kind: 'stall', path: `/${repository}/${weights}`, afterBytes: 300_000 });
    const running = await startServer({ args: [repository], env: { ...env, STANDIN_BUILD_MS: '2000' } });
    server = running;
    await running.until('mobile', ({ state, percent }) => state === during && (percent ?? 0) >= 10);
    if (fault === 'full') volume.fill();
    else if (fault === 'read-only') volume.makeReadOnly();
    else volume.lose();
    hub.clearFaults();
    const { error } = await running.until('mobile', ({ state }) => state === 'failed');
    const logged = String((await running.logged('serving.failed')).msg);
    const live = await fetch(`${running.url}/health/live`);
    // It is still broken when the serving is tried again.
    while (running.events('serving.failed').length < 2) await running.next('serving.failed');
    const codes = running.events('serving.failed').map(({ code }) => String(code));
    volume.restore();
    const restoredAt = Date.now();
    await running.until('mobile', ({ state }) => state === 'ready');
    const recoveredAfterMs = Date.now() - restoredAt;
    const { statuses } = await ask(running.url, 4);
    const exitCode = await running.stop();
    return { error, logged, codes, isAlive: live.ok, recoveredAfterMs, statuses, exitCode };
  } finally {
    await server?.stop('SIGKILL');
    volume?.remove();
    await remove();
  }
}
