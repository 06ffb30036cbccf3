/**
 * How near `hornet serve` on the CPU comes to what the machine allows, and to a server of thirty lines on the same
 * libraries (bench/peers/naive-server.mjs). Everything is measured in the same run, each in a process of its own:
 *
 *   bare     onnxruntime-node without a server, by number of sessions, threads and images per run, and JPEG to pixels with
 *            sharp. The computed limit is what a server could answer that adds nothing to both:
 *            cores / (cores / best images per second + processor seconds of a picture's pixels)
 *   floor    an idle node:http server beside as many threads that run the model as there are cores, asked every 20 ms: how
 *            long the system's scheduler alone may keep an answer of /health/live
 *   hornet, naive   1, 8, 32 and 64 connections, each of which sends a picture when the last one was answered
 *
 *   node bench/server.mjs [--kind resnet-50|mobile] [--rounds 5] [--seconds 4] [--picture FILE] [--quick] [--record]
 *
 * The model has random weights (bench/make-model.mjs, kept in a folder for temporary files); the picture is a 640x480
 * JPEG unless one is given. A round takes all sides in turns at each number of connections. Ratios are made within a
 * round, and the median of the rounds is judged. Memory is measured apart, with nothing else running that shares
 * libraries. Linux only; needs dist/. Exits with 1 when a limit is missed.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { treeBytesOf } from '../test/load/process-usage.mjs';
import { runLoad } from '../test/load/start-load.mjs';
import { bestWays, computedLimit, latencyLimit, measureBare, startBare } from './bare/bare-limits.mjs';
import { benchModel, benchPicture } from './cpu-fixture.mjs';
import { prepareHome, startHornet, startNaive } from './peers/start-sides.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    kind: { type: 'string', default: 'resnet-50' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    picture: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const seconds = Number(values.seconds ?? (values.quick ? 1.5 : 4));
const connectionCounts = [1, 8, 32, 64];
/** At this number of connections /health/live and memory are looked at. */
const probedConnections = 32;
const limits = { throughput: 0.9, latency: 1.25, health: 1.25, memory: 1 };

const model = await benchModel(values.kind);
const onnxPath = join(model, 'onnx/model.onnx');
const picture = values.picture ?? (await benchPicture());
const report = new Report({
  title: `Serving on the CPU: ${values.kind}`,
  packages: ['onnxruntime-node', 'sharp', 'express'],
  rounds,
  conditions: `a JPEG of ${Math.round(statSync(picture).size / 1000)} kB, ${seconds} s for each number of connections`,
  record: values.record,
});

const generatorShares = [];

async function load(side, connections, howLong = seconds) {
  const mix = [{ name: 'image', path: '/classify', pictures: [picture] }];
  const result = await runLoad({
    url: side.url,
    loop: { kind: 'closed', connections },
    durationMs: 1000 * howLong,
    mix,
  });
  const refused = result.requests - (result.statuses[200] ?? 0);
  generatorShares.push(result.cpuShare);
  return { rate: result.acceptedPerSecond, ...result.latency[200], refused };
}

/** p99 of GET /health/live, asked every 20 ms, ms. */
async function probe({ url }) {
  const mix = [{ name: 'live', path: '/health/live' }];
  const loop = { kind: 'open', ratePerSecond: 50 };
  const { latency, cpuShare } = await runLoad({ url, loop, durationMs: 1000 * seconds, mix });
  generatorShares.push(cpuShare);
  return latency[200]?.p99Ms ?? Number.NaN;
}

/** Apart from the load that counts: probes that are answered take processor time of it, those that wait do not. */
async function probeUnderLoad(side) {
  const [, healthMs] = await Promise.all([load(side, probedConnections), probe(side)]);
  return healthMs;
}

/** Most memory of the side alone under load, bytes. */
async function measureMemory(start) {
  const side = await start();
  try {
    const loading = load(side, probedConnections);
    const samples = [];
    for (const share of [0.5, 0.3, 0.15]) {
      await delay(1000 * seconds * share);
      samples.push(treeBytesOf(side.pid));
    }
    await loading;
    return Math.max(...samples);
  } finally {
    await side.stop('SIGKILL');
  }
}

async function measureFloor() {
  const { child, message } = await startBare('busy-server.mjs', { onnxPath });
  try {
    return await probe(message);
  } finally {
    child.kill('SIGKILL');
  }
}

async function measureSides(starts, round) {
  const sides = { hornet: await starts.hornet(), naive: await starts.naive() };
  const slots = {};
  try {
    for (const side of Object.values(sides)) await load(side, 4, 1);
    for (const connections of connectionCounts) {
      const slot = {};
      for (const name of inTurns(['bare', 'hornet', 'naive'], round)) {
        if (name === 'bare') {
          slot.bare = await measureBare({ onnxPath, picture, durationMs: 250 * seconds });
          if (connections === probedConnections) slot.floor = await measureFloor();
          continue;
        }
        slot[name] = await load(sides[name], connections);
        if (connections === probedConnections) slot[name].healthMs = await probeUnderLoad(sides[name]);
      }
      slots[connections] = slot;
    }
    return slots;
  } finally {
    for (const side of Object.values(sides)) await side.stop('SIGKILL');
  }
}

const home = mkdtempSync(join(tmpdir(), 'hornet-bench-home-'));
const starts = { hornet: () => startHornet(model, home), naive: () => startNaive(model) };
const memory = { hornet: [], naive: [] };
const slots = [];
try {
  await prepareHome(model, home);
  for (let round = 1; round <= rounds; round++) {
    for (const name of inTurns(['hornet', 'naive'], round)) memory[name].push(await measureMemory(starts[name]));
    const slot = await measureSides(starts, round);
    slots.push(slot);
    const shown = connectionCounts.map((count) => {
      const { hornet, naive } = slot[count];
      return `${count}: hornet ${hornet.rate.toFixed(1)}/s, naive ${naive.rate.toFixed(1)}/s`;
    });
    report.line(`round ${round}: ${shown.join('; ')}`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** Median over the rounds of what is made of a round. */
const over = (connections, take) => median(slots.map((slot) => take(slot[connections])));
const bare = slots.flatMap((slot) => Object.values(slot).map((at) => at.bare));
const ways = bestWays(bare);
const ms = (value) => `${value.toFixed(1)} ms`;
const all = (take) => median(bare.map(take));
report.fact('bare onnxruntime-node, images/s', `${ways.shown} (best: ${ways.fastestName})`);
report.fact(
  'bare onnxruntime-node, one image',
  `${ms(all(({ runs }) => runs[ways.promptest].p50Ms))} (${ways.promptestName})`,
);
report.fact(
  'bare sharp, JPEG to pixels',
  `${all(({ pixels }) => pixels.cpuMs).toFixed(2)} ms of a core, ` +
    `${all(({ decoding }) => decoding.cpuMs).toFixed(2)} without resizing`,
);
report.fact('computed limit', `${all((at) => computedLimit(at, ways)).toFixed(1)} images/s`);
for (const connections of connectionCounts) {
  const shown = ['hornet', 'naive'].map((name) => {
    const of = (field) => over(connections, (slot) => slot[name][field]);
    const refused = slots.reduce((sum, slot) => sum + slot[connections][name].refused, 0);
    const notAll = refused > 0 ? `, ${refused} not answered` : '';
    return `${name} ${of('rate').toFixed(1)} images/s, p50 ${ms(of('p50Ms'))}, p99 ${ms(of('p99Ms'))}${notAll}`;
  });
  report.fact(`${connections} connections`, shown.join('; '));
}
const healthMs = (name) => over(probedConnections, (slot) => slot[name].healthMs);
const floorMs = over(probedConnections, ({ floor }) => floor);
report.fact(
  `p99 of /health/live at ${probedConnections} connections`,
  `hornet ${ms(healthMs('hornet'))}, naive ${ms(healthMs('naive'))}, floor ${ms(floorMs)}`,
);
const megabytes = (name) => median(memory[name]) / 1e6;
report.fact(
  `memory at ${probedConnections} connections (PSS)`,
  `hornet ${megabytes('hornet').toFixed(0)} MB, naive ${megabytes('naive').toFixed(0)} MB`,
);
report.fact(
  'load generator, most of all processor time',
  `${(100 * Math.max(...generatorShares)).toFixed(1)} % of ${availableParallelism()} cores`,
);
for (const connections of connectionCounts.slice(1)) {
  const value = over(connections, ({ hornet, bare: at }) => hornet.rate / computedLimit(at, ways));
  report.limit({
    name: `images/s at ${connections} connections, hornet/computed limit`,
    value,
    atLeast: limits.throughput,
  });
}
report.limit({
  name: 'p50 at 1 connection, hornet/bare inference and pixels',
  value: over(1, ({ hornet, bare: at }) => hornet.p50Ms / latencyLimit(at, ways)),
  atMost: limits.latency,
});
report.limit({
  name: `p99 of /health/live at ${probedConnections} connections, hornet/floor`,
  value: over(probedConnections, ({ hornet, floor }) => hornet.healthMs / floor),
  atMost: limits.health,
});
report.limit({
  name: 'memory under load, hornet/naive',
  value: median(memory.hornet.map((bytes, round) => bytes / memory.naive[round])),
  atMost: limits.memory,
});
report.finish();
