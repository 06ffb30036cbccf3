import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { startServer } from './hornet-process.mjs';
import { cpuMsOf, forgetPeak, memoryOf } from './process-usage.mjs';
import { readMetrics } from './read-metrics.mjs';
import { runLoad } from './start-load.mjs';

const file = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const picture = file('../pictures/scene-640x480.jpg');
const damaged = file('../pictures/invalid/truncated.jpg');

/** @type {import('./overload.mjs').overload} */
export async function overload(options) {
  const {
    model,
    rounds,
    peakMs,
    overloadMs,
    factor,
    largeOneIn,
    maxQueue,
    timeoutMs,
    besides = false,
    onRound = () => {},
  } = options;
  const name = model.split('/').at(-1) ?? model;
  const folder = mkdtempSync(join(tmpdir(), 'hornet-overload-'));
  const large = await makeLargePicture(folder);
  const server = await startServer({
    args: ['--max-queue', String(maxQueue), '--timeout-ms', String(timeoutMs), model],
    nodeArgs: ['--expose-gc', '--import', file('../stand-ins/collect-garbage.mjs')],
  });
  try {
    const { url, pid } = server;
    await server.until(name, ({ state }) => state === 'ready');
    const path = '/classify';
    // Some are large: if those that are refused were kept, it would be seen.
    const whole = { name: 'whole', path, pictures: [...new Array(largeOneIn - 1).fill(picture), large] };
    /** Enough to keep every batch full, within what the queue holds. */
    const connections = Math.min(16, maxQueue);
    const peakLoad = (/** @type {number} */ durationMs) =>
      runLoad({ url, loop: { kind: 'closed', connections }, durationMs, mix: [whole] });
    const warm = await peakLoad(peakMs / 2);
    const before = await residentAfterCollection(server);
    forgetPeak(pid);
    /** @type {import('./overload.mjs').OverloadRound[]} */
    const done = [];
    for (let round = 1; round <= rounds; round++) {
      const peak = await measured(pid, peakLoad(peakMs));
      const flood = {
        loop: /** @type {const} */ ({
          kind: 'open',
          ratePerSecond: Math.max(20, factor * peak.load.acceptedPerSecond),
        }),
        seed: round,
        mix: [
          { ...whole, weight: 94 },
          { ...whole, name: 'impatient', weight: 2, timeoutMs: 400 },
          { ...whole, name: 'leaving', weight: 2, leaveWithinMs: 1000 },
          { name: 'damaged', weight: 2, path, pictures: [damaged] },
        ],
      };
      const beside = besides
        ? await measured(pid, peakBeside(peakLoad(peakMs), { ...flood, durationMs: peakMs }))
        : null;
      const busy = await measured(pid, runLoad({ ...flood, url, durationMs: overloadMs }));
      done.push({ peak, beside, busy, wrong: wrongThings(busy.load) });
      onRound(round);
    }
    const { peakBytes } = memoryOf(pid);
    // Every place is free again: as many as there are are taken at once, and none is refused.
    const refill = await runLoad({
      url,
      loop: { kind: 'burst', requests: maxQueue },
      durationMs: timeoutMs,
      mix: [whole],
    });
    const after = await residentAfterCollection(server);
    const counted = await countedBy(url, [
      warm,
      refill,
      ...done.flatMap(({ peak, beside, busy }) => [peak.load, ...(beside === null ? [] : [beside.load]), busy.load]),
    ]);
    return { rounds: done, refill, memory: { before, peakBytes, after }, counted, exitCode: await server.stop() };
  } finally {
    await server.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What the peak is while another process on the same processors is sent the flood, and refuses all of it.
 * @param {Promise<import('./start-load.mjs').LoadResult>} peak
 * @param {Omit<import('./start-load.mjs').LoadPlan, 'url'>} flood
 */
async function peakBeside(peak, flood) {
  const refusing = fork(file('./refusing-process.mjs'), { execArgv: [] });
  try {
    const [url] = await once(refusing, 'message');
    const [load] = await Promise.all([peak, runLoad({ ...flood, url })]);
    return load;
  } finally {
    refusing.disconnect();
  }
}

/** Some 2 MB: noise cannot be compressed. @param {string} folder */
async function makeLargePicture(folder) {
  const path = join(folder, 'noise.jpg');
  const noise = /** @type {const} */ ({ type: 'gaussian', mean: 128, sigma: 50 });
  await sharp({ create: { width: 1600, height: 1200, channels: 3, background: 'grey', noise } })
    .jpeg({ quality: 90 })
    .toFile(path);
  return path;
}

/** Statuses that each kind of request may get. @type {Record<string, readonly number[]>} */
const allowed = { whole: [200, 429], impatient: [200, 408, 429, 504], leaving: [200, 429], damaged: [422, 429] };

/**
 * Every request gets exactly one whole answer, and one that fits it; those that go away may have been gone before.
 * @param {import('./start-load.mjs').LoadResult} load
 * @returns {string[]}
 */
function wrongThings({ kinds }) {
  return Object.entries(kinds).flatMap(([kind, { requests, outcomes, statuses, wrong }]) => {
    const answered = outcomes.answered ?? 0;
    const problems = Object.entries(statuses)
      .filter(([status]) => !allowed[kind]?.includes(Number(status)))
      .map(([status, count]) => `${count} ${kind} answered ${status}`);
    if (answered + (outcomes.left ?? 0) !== requests) problems.push(`${kind}: ${JSON.stringify(outcomes)}`);
    if (wrong > 0) problems.push(`${wrong} ${kind} with a wrong answer`);
    return problems;
  });
}

/**
 * What the server has counted beside what its clients have seen. Of those who went away it may have answered some.
 * @param {string} url
 * @param {readonly import('./start-load.mjs').LoadResult[]} loads
 */
async function countedBy(url, loads) {
  const metrics = await readMetrics(url);
  const sum = (/** @type {(load: import('./start-load.mjs').LoadResult) => number | undefined} */ value) =>
    loads.reduce((total, load) => total + (value(load) ?? 0), 0);
  const left = sum(({ outcomes }) => outcomes.left);
  const wrong = ['200', '422', '429', '504'].flatMap((status) => {
    const seen = sum(({ statuses }) => statuses[status]);
    const counted = metrics
      .filter(({ name, labels }) => name === 'hornet_http_requests_total' && labels.status === status)
      .reduce((total, { labels, value }) => total + (labels.route === '/classify' ? value : 0), 0);
    return counted >= seen && counted <= seen + left
      ? []
      : [`${status}: counted ${counted}, seen ${seen}, left ${left}`];
  });
  const queue = metrics.find(({ name }) => name === 'hornet_queue_depth_images')?.value ?? Number.NaN;
  return { wrong, queue };
}

/** @param {number} pid @param {Promise<import('./start-load.mjs').LoadResult>} running */
async function measured(pid, running) {
  const startMs = cpuMsOf(pid);
  const load = await running;
  const accepted = load.statuses[200] ?? 0;
  return { load, cpuMsPerImage: (cpuMsOf(pid) - startMs) / accepted };
}

/** @param {import('./hornet-process.mjs').HornetProcess} server */
async function residentAfterCollection(server) {
  const collected = server.next('garbage.collected');
  process.kill(server.pid, 'SIGUSR2');
  return Number((await collected).rssBytes);
}
