import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './ask.mjs';
import { monotonicMs } from './generate-load.mjs';
import { anonymousBytesOf, descriptorsOf, memoryOf, threadsOf, treeOf } from './process-usage.mjs';

/** What a volume keeps: models in the cache of the Hub, and what was prepared of them. */
const lasting = [
  /^huggingface\/hub\/CACHEDIR\.TAG$/,
  /^huggingface\/hub\/models--org--mobile\/(blobs\/[0-9a-f]+|refs\/main|(snapshots|\.no_exist)\/[0-9a-f]{40}\/.+)$/,
  /^prepared\/org--mobile\/[0-9a-f]{64}\/(model-[0-9a-f]+\.(onnx|data)|prepared\.json)$/,
];
/** Longest that the server may take to come to rest. */
const mostWaitMs = 60_000;

/** @type {import('./sample-at-rest.mjs').sampleAtRest} */
export async function sampleAtRest(server, hub, home) {
  const { pid } = server;
  const busy = await waitWhile(() => busyServings(server));
  // Closes the connections that the server keeps for the next download.
  await hub.stop();
  await hub.start();
  hub.clearRequests();
  busy.push(...(await waitWhile(async () => busyDescriptors(server))));
  const collected = server.next('garbage.collected');
  process.kill(pid, 'SIGUSR2');
  const { heapBytes, externalBytes } = await collected;
  return {
    residentBytes: memoryOf(pid).residentBytes,
    anonymousBytes: anonymousBytesOf(pid),
    heapBytes: Number(heapBytes),
    externalBytes: Number(externalBytes),
    threads: threadsOf(pid),
    descriptors: descriptorsOf(pid),
    children: treeOf(pid).length - 1,
    volumeBytes: blockBytesOf(home),
    busy,
  };
}

/** @param {import('./hornet-process.mjs').HornetProcess} server */
async function busyServings({ url }) {
  const { answer } = await ask(`${url}/status`);
  const { servings } = /** @type {{ servings: import('./sample-at-rest.mjs').ServingAtRest[] }} */ (answer);
  return servings.flatMap(({ name, state, inFlight, replacement }) => {
    const goesOn = replacement !== null && replacement.state !== 'failed';
    const rests = state === (name === 'rare' ? 'unloaded' : 'ready') && inFlight === 0 && !goesOn;
    return rests ? [] : [`${name} is ${state} with ${inFlight} images, replacement ${JSON.stringify(replacement)}`];
  });
}

/** @param {import('./hornet-process.mjs').HornetProcess} server */
function busyDescriptors({ pid }) {
  // One listens, through the other one comes its log.
  const { socket = 0 } = descriptorsOf(pid);
  return [
    ...(socket > 2 ? [`${socket} sockets are open`] : []),
    ...(treeOf(pid).length > 1 ? ['it has child processes'] : []),
  ];
}

/** Until there are none, or it has taken too long. @param {() => Promise<string[]>} busyThings */
async function waitWhile(busyThings) {
  const sinceMs = monotonicMs();
  for (;;) {
    const busy = await busyThings();
    if (busy.length === 0 || monotonicMs() - sinceMs > mostWaitMs) return busy;
    await delay(50);
  }
}

/** What several links lead to counts once. @param {string} folder */
function blockBytesOf(folder) {
  const blocks = new Map(filesIn(folder).map(({ stats: { ino, blocks } }) => [ino, blocks]));
  return 512 * [...blocks.values()].reduce((sum, count) => sum + count, 0);
}

/** @type {import('./sample-at-rest.mjs').leftoversIn} */
export function leftoversIn(folder) {
  return filesIn(folder)
    .map(({ path }) => relative(folder, path))
    .filter((path) => !lasting.some((pattern) => pattern.test(path)));
}

/** Links as such, not what they lead to. @param {string} folder */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path, stats: lstatSync(path) }));
}
