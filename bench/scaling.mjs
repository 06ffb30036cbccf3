/**
 * How cost grows with the number of servings, of connections, and with the size of pictures, on the CPU.
 *
 *   node bench/scaling.mjs [--rounds 3] [--seconds 3] [--plot FOLDER] [--record]
 *
 *   servings      1, 2, 4 and 8 of the small model in one process, 16 connections over all of them: images per second and
 *                 memory, over those of one serving
 *   connections   1 to 512 with the ResNet-50-sized model and HORNET_MAX_QUEUE set to what is answered in 1.5 s, measured
 *                 first; who is refused waits as Retry-After says. Images per second over the most of the smaller numbers,
 *                 what the answered ones took, and whether each refusal says when to come back
 *   pictures      32 px to 24 megapixels, one connection, the sample of digits: time and processor time of one, over those
 *                 of decoding the same file with sharp alone
 *
 * --plot draws scaling-*.svg there, with matplotlib of HORNET_BENCH_PYTHON, else of python3. Linux only; needs dist/.
 * Exits with 1 when a limit is missed.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { startServer } from '../test/load/hornet-process.mjs';
import { cpuMsOf, treeBytesOf } from '../test/load/process-usage.mjs';
import { runLoad } from '../test/load/start-load.mjs';
import { benchModel, benchPicture } from './cpu-fixture.mjs';
import { prepareHome } from './peers/start-sides.mjs';
import { median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    plot: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const durationMs = 1000 * Number(values.seconds);
const servingCounts = [1, 2, 4, 8];
const queueSeconds = 1.5;
const connectionCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/** Widths of pictures of 4:3. */
const widths = [32, 64, 128, 256, 512, 1024, 2048, 4096, 5657];

const small = await benchModel('mobile');
const large = await benchModel('resnet-50');
const picture = await benchPicture();
const scratch = mkdtempSync(join(tmpdir(), 'hornet-bench-scaling-'));
const report = new Report({
  title: 'How cost grows, on the CPU',
  packages: ['onnxruntime-node', 'sharp', 'express'],
  rounds,
  conditions: `${values.seconds} s for each number`,
  record: values.record,
});

/** Ready to be asked, and warm. */
async function start(args, home, env = {}) {
  const server = await startServer({ args, env: { HORNET_HOME: home, ...env } });
  while (!(await fetch(`${server.url}/health/ready`)).ok) await delay(20);
  return server;
}

async function measureServings(count) {
  const names = Array.from({ length: count }, (_, index) => `model-${index}`);
  const server = await start(
    names.map((name) => `${name}=${small}`),
    join(scratch, 'small'),
  );
  try {
    const mix = names.map((name) => ({ name, path: `/models/${name}/classify`, pictures: [picture] }));
    const load = (ms) => runLoad({ url: server.url, loop: { kind: 'closed', connections: 16 }, durationMs: ms, mix });
    await load(1500);
    const loading = load(durationMs);
    await delay(durationMs / 2);
    const bytes = treeBytesOf(server.pid);
    return { rate: (await loading).acceptedPerSecond, bytes };
  } finally {
    await server.stop('SIGKILL');
  }
}

function loadOf({ url }, connections, ms) {
  const mix = [{ name: 'image', path: '/classify', pictures: [picture] }];
  const loop = { kind: 'closed', connections, heedsRetryAfter: true };
  return runLoad({ url, loop, durationMs: ms, mix, keepRecords: true });
}

/** Images that are answered within the time that clients are to wait at most. */
async function measureQueue() {
  const server = await start([large], join(scratch, 'large'));
  try {
    await loadOf(server, 4, 1500);
    const { acceptedPerSecond } = await loadOf(server, 16, 2 * durationMs);
    return Math.round(acceptedPerSecond * queueSeconds);
  } finally {
    await server.stop('SIGKILL');
  }
}

async function measureConnections(maxQueue) {
  const server = await start([large], join(scratch, 'large'), { HORNET_MAX_QUEUE: String(maxQueue) });
  try {
    const load = (connections, ms) => loadOf(server, connections, ms);
    await load(4, 1500);
    const results = {};
    for (const connections of connectionCounts) {
      // Where most have to wait, what is measured is what goes on once they all have come.
      const { acceptedPerSecond, latency, statuses, records } = await load(connections, durationMs * 2);
      const refusals = records.filter(({ status }) => status === 429 || status === 503);
      results[connections] = {
        rate: acceptedPerSecond,
        p50Ms: latency[200]?.p50Ms ?? Number.NaN,
        p99Ms: latency[200]?.p99Ms ?? Number.NaN,
        refused: refusals.length,
        withoutTime: refusals.filter(({ retryAfter }) => !(Number(retryAfter) >= 1)).length,
        others: records.length - refusals.length - (statuses[200] ?? 0),
      };
    }
    return results;
  } finally {
    await server.stop('SIGKILL');
  }
}

/** Soft shapes and some grain: JPEGs of about a quarter of a byte for each pixel. */
async function pictureOf(width) {
  const file = join(scratch, `${width}.jpg`);
  const height = (width * 3) / 4;
  await sharp(picture).resize(width, Math.round(height), { kernel: 'cubic' }).jpeg({ quality: 90 }).toFile(file);
  return file;
}

async function measurePictures(files) {
  const server = await start([], join(scratch, 'sample'));
  sharp.cache(false);
  sharp.concurrency(1);
  try {
    const results = {};
    for (const [width, file] of files) {
      const mix = [{ name: 'image', path: '/classify', pictures: [file] }];
      const load = (ms) => runLoad({ url: server.url, loop: { kind: 'closed', connections: 1 }, durationMs: ms, mix });
      await load(300);
      const cpuMs = cpuMsOf(server.pid);
      const { latency, statuses } = await load(durationMs);
      const answered = statuses[200] ?? 0;
      const ownCpuMs = (cpuMsOf(server.pid) - cpuMs) / answered;
      const times = [];
      for (const endMs = performance.now() + durationMs / 2; performance.now() < endMs || times.length < 3; ) {
        const startMs = performance.now();
        await sharp(file).raw().toBuffer();
        times.push(performance.now() - startMs);
      }
      results[width] = { p50Ms: latency[200]?.p50Ms ?? Number.NaN, cpuMs: ownCpuMs, decodeMs: median(times) };
    }
    return results;
  } finally {
    await server.stop('SIGKILL');
  }
}

const servings = [];
const connections = [];
const pictures = [];
try {
  const files = [];
  for (const width of widths) files.push([width, await pictureOf(width)]);
  await prepareHome(small, join(scratch, 'small'));
  await prepareHome(large, join(scratch, 'large'));
  const maxQueue = await measureQueue();
  report.fact('HORNET_MAX_QUEUE for the connections', `${maxQueue}, which are answered in ${queueSeconds} s`);
  for (let round = 1; round <= rounds; round++) {
    const row = {};
    for (const count of servingCounts) row[count] = await measureServings(count);
    servings.push(row);
    connections.push(await measureConnections(maxQueue));
    pictures.push(await measurePictures(files));
    report.line(`round ${round} of ${rounds} is done`);
  }

  const over = (measured, key, take) => median(measured.map((row) => take(row[key], row)));
  for (const count of servingCounts) {
    const rate = over(servings, count, (at) => at.rate).toFixed(1);
    report.fact(
      `${count} servings`,
      `${rate} images/s, ${(over(servings, count, (at) => at.bytes) / 1e6).toFixed(0)} MB`,
    );
  }
  for (const count of connectionCounts) {
    const of = (field) => over(connections, count, (at) => at[field]);
    const refused = of('refused') === 0 ? '' : `, ${of('refused')} refusals`;
    report.fact(
      `${count} connections`,
      `${of('rate').toFixed(1)} images/s, p50 ${of('p50Ms').toFixed(0)} ms, p99 ${of('p99Ms').toFixed(0)} ms${refused}`,
    );
  }
  for (const [width, file] of files) {
    const of = (field) => over(pictures, width, (at) => at[field]).toFixed(1);
    report.fact(
      `${width} x ${Math.round((width * 3) / 4)} px, ${Math.ceil(statSync(file).size / 1000)} kB`,
      `p50 ${of('p50Ms')} ms, ${of('cpuMs')} ms of a core; decoding alone ${of('decodeMs')} ms`,
    );
  }
  const most = (row) => Math.max(...connectionCounts.filter((count) => count <= 64).map((count) => row[count].rate));
  report.limit({
    name: 'images/s of 8 servings, over that of one',
    value: over(servings, 8, (at, row) => at.rate / row[1].rate),
    atLeast: 0.8,
  });
  report.limit({
    name: 'images/s at 512 connections, over the most of up to 64',
    value: over(connections, 512, (at, row) => at.rate / most(row)),
    atLeast: 0.95,
  });
  report.limit({
    name: 'p99 of what is answered at 512 connections',
    value: over(connections, 512, (at) => at.p99Ms / 1000),
    atMost: 3,
    unit: ' s',
  });
  const failures = connections.flatMap((row) => Object.values(row)).map((at) => at.withoutTime + at.others);
  report.limit({
    name: 'answers that are neither a result nor a refusal with Retry-After',
    value: failures.reduce((sum, count) => sum + count, 0),
    atMost: 0,
    digits: 0,
  });
  const largest = widths.at(-1);
  report.limit({
    name: 'time of a picture of 24 megapixels, over decoding it',
    value: over(pictures, largest, (at) => at.p50Ms / at.decodeMs),
    atMost: 1.5,
  });
  if (values.plot !== undefined) {
    const medians = (measured, keys, fields) =>
      Object.fromEntries(fields.map((field) => [field, keys.map((key) => over(measured, key, (at) => at[field]))]));
    const data = {
      servings: { x: servingCounts, ...medians(servings, servingCounts, ['rate', 'bytes']) },
      connections: { x: connectionCounts, ...medians(connections, connectionCounts, ['rate', 'p50Ms', 'p99Ms']) },
      pictures: {
        x: widths.map((width) => (width * width * 3) / 4e6),
        ...medians(pictures, widths, ['p50Ms', 'cpuMs', 'decodeMs']),
      },
    };
    const file = join(scratch, 'scaling.json');
    writeFileSync(file, JSON.stringify(data));
    const script = fileURLToPath(new URL('plot-scaling.py', import.meta.url));
    execFileSync(process.env.HORNET_BENCH_PYTHON ?? 'python3', [script, file, values.plot], { stdio: 'inherit' });
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
report.finish();
