/**
 * What preprocessing a photo takes (resize the shortest edge to 256, crop 224, normalise to float32 NCHW), over Pillow's
 * resize alone and over decoding the photo's JPEG with sharp. As the server does it: by the addon, on a thread of the libuv
 * pool, into a row of a shared batch, until the promise settles.
 *
 *   node bench/preprocessing.mjs [--picture FILE] [--rounds 7] [--pictures 100] [--record]
 *
 * Without --picture, one that is drawn is taken. Pillow is that of HORNET_BENCH_PYTHON, else of python3. All take turns;
 * a side's time is the median of its pictures, and the median of the rounds' ratios is judged. Needs dist/ and the addon.
 * Exits with 1 when a limit is missed, with 2 where Pillow is not there.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { preprocess } from '../dist/image/preprocess.js';
import { outputBytes, planPreprocessing } from '../dist/image/preprocess-plan.js';
import { addonStatus } from '../dist/native/load-addon.js';
import { benchPicture } from './cpu-fixture.mjs';
import { inTurns, median, Report, reportOptions } from './report.mjs';

const { values } = parseArgs({
  options: {
    ...reportOptions,
    picture: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    pictures: { type: 'string', default: '100' },
  },
});
const rounds = Number(values.rounds);
const pictures = Number(values.pictures);
const batch = 8;
const filters = ['bilinear', 'bicubic'];

const status = addonStatus();
if (!status.loaded) throw new Error(status.reason);
sharp.concurrency(1);
sharp.cache(false);

const decode = () => sharp(jpeg, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });

const jpeg = readFileSync(values.picture ?? (await benchPicture()));
const { data, info } = await decode();
if (info.channels !== 3) throw new Error('The picture is not RGB.');
const image = { data, width: info.width, height: info.height };

/** The processor of a ResNet: mean and deviation of ImageNet. */
function processorOf(filter) {
  const mean = [0.485, 0.456, 0.406];
  const deviation = [0.229, 0.224, 0.225];
  const table = Float32Array.from({ length: 768 }, (_, i) => {
    const c = i >> 8;
    return (Math.fround((i & 255) / 255) - mean[c]) / deviation[c];
  });
  const crop = { width: 224, height: 224 };
  return { className: '', resize: { kind: 'shortest-edge', edge: 256 }, filter, crop, table, flipChannels: false };
}
const planOf = (filter) => planPreprocessing(processorOf(filter), image, { dtype: 'float32', layout: 'NCHW' });
const plan = planOf('bilinear');
const slot = new Uint8Array(new SharedArrayBuffer(batch * outputBytes(plan)));
const rowOf = (i) => slot.subarray((i % batch) * outputBytes(plan), ((i % batch) + 1) * outputBytes(plan));

/** Lines from the child with Pillow in it; undefined where there is none. */
async function startPillow(folder) {
  const file = join(folder, 'picture.rgb');
  writeFileSync(file, data);
  const script = fileURLToPath(new URL('pillow-resize.py', import.meta.url));
  const sizes = [image.width, image.height, plan.resizeWidth, plan.resizeHeight].map(String);
  const child = spawn(process.env.HORNET_BENCH_PYTHON ?? 'python3', [script, file, ...sizes], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const absent = new Promise((resolve) => child.once('error', resolve).once('close', resolve));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = () => Promise.race([lines.next().then(({ value }) => value), absent.then(() => undefined)]);
  const version = await next();
  if (version === undefined) return undefined;
  const resize = async (filter) => {
    child.stdin.write(`${filter} ${pictures}\n`);
    return Number(await next());
  };
  return { version, resize, stop: () => child.stdin.end() };
}

/** Median of the milliseconds that one picture takes, one after the other. */
async function medianMs(work) {
  const took = [];
  for (let i = 0; i < pictures; i++) {
    const began = performance.now();
    await work(i);
    took.push(performance.now() - began);
  }
  return median(took);
}

/** Milliseconds a picture where a whole batch is asked for at once. */
async function batchMs(batchPlan) {
  const took = await medianMs(() =>
    Promise.all(Array.from({ length: batch }, (_, i) => preprocess(image, batchPlan, rowOf(i)))),
  );
  return took / batch;
}

const folder = mkdtempSync(join(tmpdir(), 'hornet-bench-'));
const pillow = await startPillow(folder);
const report = new Report({
  title: 'Preprocessing of a photo, over Pillow and over decoding it',
  packages: ['sharp'],
  rounds,
  conditions:
    `Pillow ${pillow?.version ?? 'not there'}; JPEG of ${image.width} x ${image.height} px, ${jpeg.length} bytes, ` +
    `to ${plan.resizeWidth} x ${plan.resizeHeight} px, crop 224, float32 NCHW; ${pictures} pictures a side and round`,
  record: values.record,
});

const sides = {
  decode: () => medianMs(decode),
  ...Object.fromEntries(
    filters.map((filter) => [filter, () => medianMs((i) => preprocess(image, planOf(filter), rowOf(i)))]),
  ),
  ...Object.fromEntries(filters.map((filter) => [`${filter} by ${batch}`, () => batchMs(planOf(filter))])),
  ...(pillow && Object.fromEntries(filters.map((filter) => [`pillow ${filter}`, () => pillow.resize(filter)]))),
};
const times = [];
for (let round = 0; round < rounds; round++) {
  const ms = {};
  for (const name of inTurns(Object.keys(sides), round)) ms[name] = await sides[name]();
  times.push(ms);
  report.line(
    `round ${round + 1}: ${Object.entries(ms)
      .map(([name, one]) => `${name} ${one.toFixed(3)} ms`)
      .join(', ')}`,
  );
}
pillow?.stop();
rmSync(folder, { recursive: true });

const overall = (of) => median(times.map(of));
for (const name of Object.keys(sides)) report.fact(name, `${overall((ms) => ms[name]).toFixed(3)} ms a picture`);
for (const filter of filters) {
  report.limit({
    name: `${filter}: Pillow's resize alone / all of preprocessing`,
    value: pillow ? overall((ms) => ms[`pillow ${filter}`] / ms[filter]) : 0,
    atLeast: 2,
    ...(pillow ? {} : { unless: 'there is no Pillow (HORNET_BENCH_PYTHON)' }),
  });
  report.limit({
    name: `${filter}: preprocessing / decoding`,
    value: overall((ms) => ms[filter] / ms.decode),
    atMost: 0.5,
  });
}
report.finish();
