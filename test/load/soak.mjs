import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { readFolder, startHubServer } from '../hub-server/index.mjs';
import { monotonicMs } from './generate-load.mjs';
import { startServer } from './hornet-process.mjs';
import { logProblems, miscounted, problemsOf, Tally } from './judge-soak.mjs';
import { makeModel } from './make-model.mjs';
import { leftoversIn, sampleAtRest } from './sample-at-rest.mjs';
import { labelsOf, makeBodies } from './soak-bodies.mjs';
import { soakKinds } from './soak-kinds.mjs';
import { operate } from './soak-operations.mjs';
import { startLoad } from './start-load.mjs';
import { TestVolume } from './test-volume.mjs';

/** @import { HubServer } from '../hub-server/index.mjs' */
/** @import { HornetProcess } from './hornet-process.mjs' */
/** @import { SoakScene } from './soak-operations.mjs' */

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const maxQueue = 32;
const bodyIdleMs = 1000;
/** The model takes 3 MiB, what V8 makes of the code some more. */
const volumeMegabytes = 64;
/** Longest that a cycle may take; its load ends when everything has been done. */
const mostMs = 600_000;

/** @type {import('./soak.mjs').soak} */
export async function soak(options) {
  const folder = mkdtempSync(join(tmpdir(), 'hornet-soak-'));
  const home = join(folder, 'home');
  const { volume, reason: noVolume } = mountVolume(home);
  /** @type {HubServer | undefined} */
  let hub;
  /** @type {HornetProcess | undefined} */
  let server;
  try {
    const files = await readFolder(makeModel(join(folder, 'mobile'), 'mobile'));
    hub = await startHubServer({ repositories: [{ id: 'org/mobile', files }] });
    server = await start(hub.url, home);
    const { samples, tally, scene, kinds } = await runCycles({ folder, home, volume, hub, server }, options);
    const miscounts = await miscounted(server.url, kinds, tally.kinds, scene.asked);
    const exitCode = await server.stop();
    return {
      samples,
      counts: tally.counts,
      kinds: tally.kinds,
      operations: scene.done,
      problems: eachOnce([...scene.problems, ...miscounts, ...logProblems(server.log)]),
      leftovers: leftoversIn(home),
      exitCode,
      noVolume,
    };
  } finally {
    await server?.stop('SIGKILL');
    await hub?.stop();
    volume?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @typedef {Pick<SoakScene, 'server' | 'hub' | 'volume'> & { folder: string, home: string }} Place
 * @param {Place} place
 * @param {import('./soak.mjs').SoakOptions} options
 */
async function runCycles({ folder, home, ...place }, { durationMs, cycleMs, brief = false, onCycle = () => {} }) {
  const { server, hub } = place;
  const { url } = server;
  const tally = new Tally();
  const startedMs = monotonicMs();
  /** @type {string[]} */
  const problems = [];
  const sample = async () => {
    const { busy, ...taken } = await sampleAtRest(server, hub, home);
    problems.push(...busy.map((what) => `the server did not come to rest: ${what}`));
    const made = { ...taken, atMs: monotonicMs() - startedMs, requests: tally.requests };
    onCycle(made);
    return made;
  };
  const samples = [await sample()];
  const bodies = makeBodies(folder);
  const { labels: sceneLabels, asked } = await labelsOf(`${url}/models/mobile`, bodies.scenes);
  const { quick, slow, flood } = soakKinds(bodies, { sceneLabels, stalledMs: 2 * bodyIdleMs });
  const kinds = [...quick, ...slow, flood];
  const killer = await whitePicture();
  /** @type {SoakScene} */
  const scene = { ...place, killer, flood, maxQueue, excuses: [], bursts: [], asked, done: {}, problems };
  const mixes = [
    { connections: brief ? 4 : 8, mix: quick },
    { connections: brief ? 2 : 4, mix: slow },
  ];
  for (let cycle = 1; cycle === 1 || monotonicMs() - startedMs < durationMs; cycle++) {
    const beganMs = monotonicMs();
    const loads = mixes.map(({ connections, mix }) => {
      const loop = /** @type {const} */ ({ kind: 'closed', connections });
      return startLoad({ url, loop, durationMs: mostMs, mix, seed: cycle, keepRecords: true });
    });
    await Promise.all(loads.map(({ answering }) => answering));
    await operate(scene, { cycle, brief });
    await delay(Math.max(0, beganMs + cycleMs - monotonicMs()));
    const results = await Promise.all(loads.map((load) => load.stop()));
    const records = [...results, ...scene.bursts.splice(0)].flatMap((result) => result.records);
    problems.push(...problemsOf(records, kinds, scene.excuses.splice(0)));
    tally.add(records);
    samples.push(await sample());
  }
  return { samples, tally, scene, kinds };
}

/** @param {string} hubUrl @param {string} home */
function start(hubUrl, home) {
  return startServer({
    args: [
      'digits',
      // What is measured would differ from time to time, and with it what is in memory.
      'org/mobile?cpuThreads=1&cpuWorkers=1',
      'rare=digits?memory=on-demand&unloadAfter=1s',
      '--max-queue',
      String(maxQueue),
      '--body-idle-ms',
      String(bodyIdleMs),
      // Clients judge the answers.
      '--access-log',
      'none',
      '--loading-wait-ms',
      '30000',
    ],
    // What the C library keeps for each of many threads would hide what is held.
    env: { HF_ENDPOINT: hubUrl, HORNET_HOME: home, MALLOC_ARENA_MAX: '2' },
    nodeArgs: [
      '--expose-gc',
      ...['../stand-ins/collect-garbage.mjs', './blank-picture-kills-worker.mjs'].flatMap((name) => [
        '--import',
        file(name),
      ]),
    ],
  });
}

/** @param {string} home @returns {{ volume: TestVolume | null, reason: string | null }} */
function mountVolume(home) {
  try {
    return { volume: new TestVolume(home, volumeMegabytes), reason: null };
  } catch (error) {
    mkdirSync(home, { recursive: true });
    return { volume: null, reason: String(error) };
  }
}

/** Of one colour that is not black, which is what kills. */
function whitePicture() {
  const create = /** @type {const} */ ({ width: 28, height: 28, channels: 3, background: 'white' });
  return sharp({ create }).png().toBuffer();
}

/** @param {readonly string[]} problems */
function eachOnce(problems) {
  return [...new Set(problems)].map((text) => `${problems.filter((other) => other === text).length} times ${text}`);
}
