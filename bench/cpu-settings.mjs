/**
 * What the settings of inference on the CPU do: threads, workers and batches of a model; spinning threads and how work is
 * split among them; copies on the way of a picture; and the niceness of inference beside health checks and refusals.
 *
 *   node bench/cpu-settings.mjs FOLDER [--rounds 5] [--seconds 2] [--parts choice,session,copies,nice] [--record]
 *
 * FOLDER is a model, such as bench/make-model.mjs writes. What is compared takes turns, and what counts are ratios: of the
 * medians, or where single runs are timed of the least times. Needs dist/ and, for `nice`, Linux.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../dist/backend/onnxruntime/session-options.js';
import { measureCpuSettings } from '../dist/backend/onnxruntime/tuning/measure-cpu-settings.js';
import { imageBytesOf, workerGraphOf } from '../dist/backend/onnxruntime/worker-graph.js';
import { preprocess } from '../dist/image/preprocess.js';
import { planPreprocessing } from '../dist/image/preprocess-plan.js';
import { loadModelFolder } from '../dist/model/load-model-folder.js';
import { startServer } from '../test/load/hornet-process.mjs';
import { runLoad } from '../test/load/start-load.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...reportOptions,
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    parts: { type: 'string', default: 'choice,session,copies,nice' },
  },
});
const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write(
    'Usage: node bench/cpu-settings.mjs FOLDER [--rounds 5] [--seconds 2] [--parts LIST] [--record]\n',
  );
  process.exit(2);
}
const rounds = Number(values.rounds);
const durationMs = 1000 * Number(values.seconds);
const model = await loadModelFolder(folder);
const graph = workerGraphOf(model);
const report = new Report({
  title: `CPU settings, ${path.basename(folder)}`,
  packages: ['onnxruntime-node'],
  rounds,
  conditions: `${durationMs / 1000} s each`,
  record: values.record,
});
const imageElements = graph.imageShape.reduce((product, size) => product * size, 1);
const ratio = (value, base) => `${(value / base).toFixed(3)}`;

/** Settings against all threads for one image at a time. */
async function compareChoices() {
  const { settings, measurements } = await measureCpuSettings(graph, {
    ...{ threads: 0, workers: 0, maxBatch: 8, budgetMs: 10_000 },
  });
  const [base] = measurements;
  for (const { threads, workers, batch, latencyMs, imagesPerSecond } of measurements) {
    report.fact(
      `${threads} threads x ${workers} workers x batch ${batch}`,
      `${imagesPerSecond.toFixed(1)} images/s (x ${ratio(imagesPerSecond, base.imagesPerSecond)}), ` +
        `${latencyMs.toFixed(2)} ms for one (x ${ratio(latencyMs, base.latencyMs)})`,
    );
  }
  const { threads, workers, batch } = settings;
  report.fact('chosen', `${threads} threads x ${workers} workers x batch ${batch}`);
}

/** One session with another option, single images. */
async function compareSessions() {
  const variants = {
    'as it is': {},
    'spinning threads': { intra_op: { allow_spinning: '1' } },
    'dynamic blocks of 4': { dynamic_block_base: '4' },
  };
  const base = sessionOptions(availableParallelism(), false);
  const sides = [];
  for (const [name, session] of Object.entries(variants)) {
    const extra = { session: { ...base.extra.session, ...session } };
    sides.push({ name, session: await InferenceSession.create(graph.onnxPath, { ...base, extra }), wall: [], cpu: [] });
  }
  const images = graph.fixedBatch ?? 1;
  const input = new Tensor('float32', new Float32Array(images * imageElements), [images, ...graph.imageShape]);
  for (let round = 0; round < 4 * rounds; round++) {
    for (const { session, wall, cpu } of inTurns(sides, round)) {
      const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
      for (let run = 0; run < 3; run++) await session.run({ [graph.inputName]: input });
      const { user, system } = process.cpuUsage(startCpu);
      wall.push((performance.now() - startMs) / 3);
      cpu.push((user + system) / 3000);
    }
  }
  const [first] = sides;
  for (const { name, session, wall, cpu } of sides) {
    report.fact(
      `one image, ${name}`,
      `${Math.min(...wall).toFixed(2)} ms (x ${ratio(Math.min(...wall), Math.min(...first.wall))}), ` +
        `${Math.min(...cpu).toFixed(2)} ms of processors (x ${ratio(Math.min(...cpu), Math.min(...first.cpu))})`,
    );
    await session.release();
  }
}

/** Ways of one picture into the tensor that is run. */
async function compareCopies() {
  const { table } = model.processor;
  const pixels = imageElements / 3;
  const source = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 3).map((_, index) => index * 31) };
  const planFor = (dtype, layout) => planPreprocessing(model.processor, source, { dtype, layout });
  const [floatPlan, bytePlan] = [planFor('float32', 'NCHW'), planFor('uint8', 'NHWC')];
  const floats = new Uint8Array(new SharedArrayBuffer(4 * imageElements));
  const bytes = new Uint8Array(new SharedArrayBuffer(imageElements));
  const tensor = new Float32Array(imageElements);
  const tensorBytes = new Uint8Array(tensor.buffer);
  const scores = new Float32Array(model.labels.length);
  const normalise = () => {
    for (let channel = 0; channel < 3; channel++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        tensor[channel * pixels + pixel] = table[channel * 256 + bytes[3 * pixel + channel]];
      }
    }
  };
  const ways = {
    'float32 slot, copied into one buffer': [
      () => preprocess(source, floatPlan, floats),
      () => tensorBytes.set(floats),
    ],
    'float32 slot, copied into a new one': [
      () => preprocess(source, floatPlan, floats),
      () => new Uint8Array(imageBytesOf(graph)).set(floats),
    ],
    'byte slot, normalised in the worker': [() => preprocess(source, bytePlan, bytes), normalise],
    'copying the scores': [() => {}, () => new Float32Array(scores.length).set(scores)],
  };
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, { write: [], take: [] }]));
  for (let round = 0; round < 40 * rounds; round++) {
    for (const name of inTurns(Object.keys(ways), round)) {
      const [write, take] = ways[name];
      const startMs = performance.now();
      await write();
      const writtenMs = performance.now();
      take();
      times[name].write.push(writtenMs - startMs);
      times[name].take.push(performance.now() - writtenMs);
    }
  }
  for (const [name, { write, take }] of Object.entries(times)) {
    const [writeMs, takeMs] = [Math.min(...write), Math.min(...take)];
    report.fact(name, `${writeMs.toFixed(3)} ms to write, ${takeMs.toFixed(3)} ms in the worker`);
  }
}

/** Servers whose inference gives way more or less, busy and flooded, with health checks beside. */
async function compareNiceness() {
  const picture = fileURLToPath(new URL('../test/pictures/scene-640x480.jpg', import.meta.url));
  const mix = [{ name: 'image', path: '/classify', pictures: [picture] }];
  const live = [{ name: 'live', path: '/health/live' }];
  const sides = [];
  for (const nice of [0, 5, 10]) {
    const server = await startServer({ args: ['--max-queue', '32', folder], env: { HORNET_CPU_NICE: String(nice) } });
    await server.until(path.basename(folder), ({ state }) => state === 'ready');
    sides.push({ nice, server, seen: [] });
  }
  const measured = (url, loop, kinds) => runLoad({ url, loop, durationMs, mix: kinds });
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { server, seen } of inTurns(sides, round)) {
        const { url } = server;
        const beside = () => measured(url, { kind: 'open', ratePerSecond: 100 }, live);
        const alone = await measured(url, { kind: 'closed', connections: 1 }, mix);
        const [busy, busyLive] = await Promise.all([measured(url, { kind: 'closed', connections: 16 }, mix), beside()]);
        const rate = Math.max(20, 4 * busy.acceptedPerSecond);
        const [flood, floodLive] = await Promise.all([
          measured(url, { kind: 'open', ratePerSecond: rate }, mix),
          beside(),
        ]);
        seen.push({
          'images/s, 16 connections': busy.acceptedPerSecond,
          'images/s, four times as many asked for': flood.acceptedPerSecond,
          'p50 of one connection, ms': alone.latency[200]?.p50Ms,
          'p99 of /health/live, 16 connections, ms': busyLive.latency[200]?.p99Ms,
          'p99 of /health/live, four times as many, ms': floodLive.latency[200]?.p99Ms,
          'p99 of refusals, ms': flood.latency[429]?.p99Ms ?? Number.NaN,
        });
      }
    }
  } finally {
    await Promise.all(sides.map(({ server }) => server.stop()));
  }
  for (const what of Object.keys(sides[0].seen[0])) {
    const of = sides.map(({ nice, seen }) => ({ nice, value: median(seen.map((one) => one[what])) }));
    const shown = of.map(({ nice, value }) => `nice ${nice}: ${value.toFixed(1)} (x ${ratio(value, of[0].value)})`);
    report.fact(what, shown.join(', '));
  }
}

const parts = { choice: compareChoices, session: compareSessions, copies: compareCopies, nice: compareNiceness };
for (const part of values.parts.split(',')) await parts[part]();
report.finish();
