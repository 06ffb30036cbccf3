/**
 * What forming batches costs, with a backend that is a timer: no model, no pictures.
 *
 *   node bench/batch-former.mjs [--rounds 5] [--seconds 2] [--record]
 *
 *   busy       64 callers, runs of 5 ms for batches of 8: images per second, over those of the same backend when it is
 *              given full batches without pause
 *   overhead   64 callers, runs that take no time: processor time of an image, over that of decoding a JPEG of 640x480 px
 *
 * Needs dist/. Exits with 1 when a limit is missed.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { SlotPool } from '../dist/backend/slot-pool.js';
import { Batcher } from '../dist/serving/batching/batcher.js';
import { ComputeShares } from '../dist/serving/batching/compute-shares.js';
import { systemClock } from '../dist/serving/clock.js';
import { benchPicture } from './cpu-fixture.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
});
const rounds = Number(values.rounds);
const durationMs = 1000 * Number(values.seconds);
const maxBatch = 8;
const callers = 64;

/** A model of 1,000 classes with two slots, of which one runs at a time. */
function timerBackend(run) {
  const pool = new SlotPool();
  const imageBytes = 16;
  pool.join([0, 1].map(() => new Uint8Array(maxBatch * imageBytes)));
  const common = { resource: 'cpu', capacity: maxBatch, imageBytes, run };
  return {
    kind: 'onnxruntime',
    workers: 1,
    resourceSlots: 2,
    slotCount: 2,
    maxBatch,
    batchSizes: Array.from({ length: maxBatch }, (_, index) => index + 1),
    classes: 1000,
    acquire: async () => {
      const { slot: bytes, release } = await pool.take();
      return { ...common, bytes, release };
    },
  };
}
const scores = new Float32Array(1000 * maxBatch);
const afterMs = (ms) => () => new Promise((resolve) => setTimeout(() => resolve(scores), ms));
const atOnce = () => Promise.resolve(scores);

/** Callers that each submit again when they were answered. */
async function throughBatcher(run) {
  const batcher = new Batcher({
    backend: timerBackend(run),
    serving: 'bench',
    clock: systemClock,
    shares: new ComputeShares(systemClock),
    maxDelayMs: 0,
  });
  const endMs = performance.now() + durationMs;
  const item = { write: async (row) => void row.fill(1) };
  let images = 0;
  const startCpu = process.cpuUsage();
  const caller = async () => {
    for (; performance.now() < endMs; images++) {
      await batcher.submit(item);
      // Without it nothing but microtasks would ever run.
      if (run === atOnce) await new Promise(setImmediate);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const { user, system } = process.cpuUsage(startCpu);
  return { rate: (1000 * images) / durationMs, cpuMs: (user + system) / 1000 / images };
}

async function fullBatches(run) {
  const endMs = performance.now() + durationMs;
  let images = 0;
  for (; performance.now() < endMs; images += maxBatch) await run(maxBatch);
  return { rate: (1000 * images) / durationMs };
}

async function decoding(jpeg) {
  const startCpu = process.cpuUsage();
  const endMs = performance.now() + durationMs;
  let images = 0;
  for (; performance.now() < endMs; images++) await sharp(jpeg).raw().toBuffer();
  const { user, system } = process.cpuUsage(startCpu);
  return { cpuMs: (user + system) / 1000 / images };
}

const report = new Report({
  title: 'What forming batches costs',
  packages: ['sharp'],
  rounds,
  conditions: `${callers} callers, batches of up to ${maxBatch}, ${values.seconds} s each`,
  record: values.record,
});
sharp.cache(false);
sharp.concurrency(1);
const jpeg = readFileSync(await benchPicture());
const sides = {
  full: () => fullBatches(afterMs(5)),
  busy: () => throughBatcher(afterMs(5)),
  overhead: () => throughBatcher(atOnce),
  decoding: () => decoding(jpeg),
};
const measured = [];
for (let round = 1; round <= rounds; round++) {
  const row = {};
  for (const name of inTurns(Object.keys(sides), round)) row[name] = await sides[name]();
  measured.push(row);
}
const over = (take) => median(measured.map(take));
report.fact('full batches without pause', `${over(({ full }) => full.rate).toFixed(0)} images/s`);
report.fact('through the batch former', `${over(({ busy }) => busy.rate).toFixed(0)} images/s`);
report.fact('processor time of an image', `${(1000 * over(({ overhead }) => overhead.cpuMs)).toFixed(1)} us`);
report.fact('of decoding one', `${(1000 * over((row) => row.decoding.cpuMs)).toFixed(0)} us`);
report.limit({
  name: 'images/s, through the batch former/full batches',
  value: over(({ busy, full }) => busy.rate / full.rate),
  atLeast: 0.9,
});
report.limit({
  name: 'processor time, forming batches/decoding',
  value: over(({ overhead, ...row }) => overhead.cpuMs / row.decoding.cpuMs),
  atMost: 0.02,
});
report.finish();
