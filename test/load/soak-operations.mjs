import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './ask.mjs';
import { monotonicMs } from './generate-load.mjs';
import { faultsOf, weights } from './soak-faults.mjs';
import { runLoad } from './start-load.mjs';

/** @import { Asked } from './ask.mjs' */
/** @import { SoakScene } from './soak-operations.mjs' */
/** @import { SoakFault } from './soak-faults.mjs' */

/** @type {import('./soak-operations.mjs').operate} */
export async function operate(scene, { cycle, brief }) {
  const faults = faultsOf({ cycle, brief, hasVolume: scene.volume !== null });
  const steps = [
    ['digits changed twice at once, and once more', () => changeTwiceAtOnce(scene)],
    ['mobile prepared again', () => change(scene, 'mobile', { force_build: true })],
    ['inference worker killed', () => killWorker(scene)],
    ['unloaded in the middle of a download', () => unloadWhileDownloading(scene)],
    ...faults.map((fault) => /** @type {const} */ ([`fetched again, ${fault.name}`, () => fetchAgain(scene, fault)])),
    ['told to load by a client that went away', () => loadAndLeave(scene)],
    ['mobile unloaded and loaded', () => unloadAndLoad(scene, 'mobile', '/models/mobile')],
    ['rare unloaded and loaded', () => unloadAndLoad(scene, 'rare', '/v2/repository/models/rare')],
    ['flooded', () => flood(scene)],
  ];
  for (const [name, step] of /** @type {[string, () => Promise<void>][]} */ (steps)) {
    const before = scene.problems.length;
    await step();
    if (scene.problems.length === before) scene.done[name] = (scene.done[name] ?? 0) + 1;
  }
}

/** A batch with the picture in it is lost, and the picture runs once more alone; then only it has failed. @param {SoakScene} scene */
async function killWorker(scene) {
  const replaced = scene.server.next('worker.replaced');
  const killed = await post(scene, '/models/digits', { file: scene.killer });
  expectAnswer(scene, 'a picture that kills its worker', killed, { 500: 'ERR_BACKEND_WORKER_LOST' });
  if (killed.status === 500) await replaced;
}

/** @param {SoakScene} scene */
async function unloadWhileDownloading(scene) {
  const { hub } = scene;
  const stall = hub.addFault({ kind: 'stall', path: weights, afterBytes: 300_000 });
  const loading = post(scene, '/models/mobile/load?wait=60000', { body: { force_download: true } });
  await Promise.race([stall.hit(), loading]);
  await withoutServing(scene, 'mobile', async () => {
    expectAnswer(scene, 'unloading', await post(scene, '/models/mobile/unload'), { 200: null });
    expectAnswer(scene, 'a load that was unloaded', await loading, { 409: 'ERR_SERVING_UNLOADED' });
    hub.clearFaults();
    await change(scene, 'mobile', {});
  });
}

/** @param {SoakScene} scene @param {SoakFault} fault */
async function fetchAgain(scene, { name, faults, state, allowed }) {
  const { hub, volume } = scene;
  const file = `org/mobile/${weights}`;
  const before = hub.downloads(file).complete;
  for (const fault of faults) hub.addFault(fault);
  if (state === 'Hub gone') await hub.stop();
  if (state === 'volume full') volume?.fill();
  const answer = await post(scene, '/models/mobile/load?wait=120000', { body: { force_download: true } });
  if (state === 'Hub gone') await hub.start();
  if (state === 'volume full') volume?.restore();
  hub.clearFaults();
  expectAnswer(scene, `fetching again, ${name}`, answer, allowed);
  const isFetched = hub.downloads(file).complete > before;
  if (answer.status === 200 && !isFetched) scene.problems.push(`${name}: nothing was fetched`);
}

/** @param {SoakScene} scene */
async function loadAndLeave(scene) {
  const { server, hub } = scene;
  const before = hub.requests.length;
  const leaveWhen = hub.until(({ requests }) => requests.length > before);
  await post(scene, '/models/mobile/load?wait=60000', { body: { force_download: true }, leaveWhen });
  // It goes on without the client.
  for (;;) {
    const { answer } = await ask(`${server.url}/models/mobile`);
    const { replacement } = /** @type {{ replacement: { state: string } | null }} */ (answer);
    if (replacement === null) return;
    if (replacement.state === 'failed') scene.problems.push(`a load without a client: ${JSON.stringify(replacement)}`);
    if (replacement.state === 'failed') return;
    await delay(20);
  }
}

/** @param {SoakScene} scene */
async function changeTwiceAtOnce(scene) {
  const both = await Promise.all(
    [2, 4].map((batch) => post(scene, '/models/digits/load?wait=60000', { body: { max_batch: batch } })),
  );
  const statuses = both.map(({ status }) => status).sort();
  if (statuses.join() !== '200,409') scene.problems.push(`two changes at once were answered ${statuses.join()}`);
  // The same at rest, whichever of them it was.
  await change(scene, 'digits', { max_batch: 4 });
}

/** @param {SoakScene} scene @param {string} name @param {string} path that of the routes that load and unload it */
async function unloadAndLoad(scene, name, path) {
  await withoutServing(scene, name, async () => {
    expectAnswer(scene, `unloading ${name}`, await post(scene, `${path}/unload`), { 200: null });
    const refused = await post(scene, `/models/${name}`, { file: scene.killer });
    expectAnswer(scene, `${name}, unloaded`, refused, { 409: 'ERR_SERVING_UNLOADED' });
    expectAnswer(scene, `loading ${name}`, await post(scene, `${path}/load?wait=60000`), { 200: null });
  });
}

/** @param {SoakScene} scene */
async function flood(scene) {
  const { server, maxQueue } = scene;
  const end = excuse(scene, 'digits', 429, 'ERR_QUEUE_FULL');
  const loop = /** @type {const} */ ({ kind: 'burst', requests: 4 * maxQueue });
  scene.bursts.push(await runLoad({ url: server.url, loop, durationMs: 0, mix: [scene.flood], keepRecords: true }));
  end();
}

/** @param {SoakScene} scene @param {string} name @param {Record<string, unknown>} changes */
async function change(scene, name, changes) {
  const answer = await post(scene, `/models/${name}/load?wait=60000`, { body: changes });
  expectAnswer(scene, `${name} with ${JSON.stringify(changes)}`, answer, { 200: null });
}

/** Requests for it may be refused meanwhile. @param {SoakScene} scene @param {string} name @param {() => Promise<void>} work */
async function withoutServing(scene, name, work) {
  const end = excuse(scene, name, 409, 'ERR_SERVING_UNLOADED');
  await work();
  end();
}

/** @param {SoakScene} scene @param {string} serving @param {number} status @param {string} code */
function excuse(scene, serving, status, code) {
  const made = { serving, status, code, fromMs: monotonicMs(), toMs: Number.POSITIVE_INFINITY };
  scene.excuses.push(made);
  return () => {
    made.toMs = monotonicMs();
  };
}

/** @param {SoakScene} scene @param {string} path @param {Parameters<typeof ask>[1]} [options] */
async function post(scene, path, options = {}) {
  const asked = await ask(scene.server.url + path, { ...options, method: 'POST' });
  scene.asked.push(asked);
  return asked;
}

/** @param {SoakScene} scene @param {string} what @param {Asked} asked @param {Record<number, string | null>} allowed */
function expectAnswer(scene, what, { status, answer }, allowed) {
  const code = /** @type {{ code?: string } | null} */ (answer)?.code ?? null;
  if (status !== null && status in allowed && allowed[status] === code) return;
  scene.problems.push(`${what}: answered ${status} ${JSON.stringify(answer)?.slice(0, 300)}`);
}
