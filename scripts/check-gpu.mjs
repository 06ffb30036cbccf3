#!/usr/bin/env node
// Checks Hornet on the GPU of this machine in one go and writes one Markdown report: probe, engine, the same labels as on
// the CPU, latency and throughput, and trtexec beside it where it is on the PATH. Needs the built project (npm ci),
// TensorRT's libraries and the models that it is given.
//
// Usage: npm run check:gpu -- [MODEL...] [--photos FOLDER] [--out FILE] [--home FOLDER] [--seconds N] [--tolerance N]
//   MODEL        as for hornet serve; default: digits
//   --photos     images, also in subfolders; default: test/pictures/digit-*
//   --out        default: docs/evidence/gpu-DEVICE.md
//   --home       volume for engines; default: a temporary one, so that the build is measured too
//   --seconds    how long each throughput is measured, default 2
//   --tolerance  difference of scores between GPU and CPU that is accepted, default 0.02 (half precision)
//
// Exit code: 0 all is well, 1 a check failed, 2 usage, 3 no GPU that can be used.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeGpuReport } from '../dist/gpu/describe-gpu-report.js';
import { probeGpu } from '../dist/gpu/probe-gpu.js';
import { findImages } from '../dist/image/find-images.js';
import { createLogger } from '../dist/logging/create-logger.js';
import { checkModel } from './check-gpu/check-model.mjs';
import { renderReport } from './check-gpu/render-report.mjs';
import { isStandIn } from './check-gpu/stand-in.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const evidence = join(root, 'docs/evidence');

async function main() {
  const options = readOptions();
  const report = probeGpu();
  if (!report.access) {
    process.stderr.write(`${describeGpuReport(report)}\nNothing was checked: this needs a GPU that can be used.\n`);
    return 3;
  }
  const standIn = isStandIn(report);
  const device = report.devices.find(({ library }) => library !== null);
  const out = outPath(options.out, standIn, device.name);
  const images = options.photos === undefined ? samplePictures() : await findImages([options.photos]);
  if (images.length === 0) throw usage(`there are no images in ${options.photos ?? 'test/pictures'}`);
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'hornet-check-gpu-'));
  const log = createLogger('warn');
  const models = [];
  try {
    for (const model of options.models) {
      process.stderr.write(`${model}\n`);
      const say = (line) => process.stderr.write(`  ${line}\n`);
      models.push(await checkModel(model, { images, home, report, log, say, standIn, ...options }));
    }
  } finally {
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  }
  const text = renderReport({
    report,
    standIn,
    models,
    command: `npm run check:gpu -- ${process.argv.slice(2).join(' ')}`,
  });
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, text);
  process.stdout.write(`${text}\nWritten to ${out}\n`);
  return models.every(({ passed }) => passed) ? 0 : 1;
}

function readOptions() {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        photos: { type: 'string' },
        out: { type: 'string' },
        home: { type: 'string' },
        seconds: { type: 'string', default: '2' },
        tolerance: { type: 'string', default: '0.02' },
      },
    });
  } catch (error) {
    throw usage(error.message);
  }
  const { values, positionals } = parsed;
  const seconds = Number(values.seconds);
  const tolerance = Number(values.tolerance);
  if (!(seconds > 0)) throw usage(`--seconds is "${values.seconds}"; a number above 0 was expected`);
  if (!(tolerance >= 0)) throw usage(`--tolerance is "${values.tolerance}"; a number was expected`);
  return { ...values, seconds, tolerance, models: positionals.length === 0 ? ['digits'] : positionals };
}

/** What was seen on the stand-in is no evidence of a GPU, and does not lie where that is. */
function outPath(given, standIn, deviceName) {
  const name = `gpu-${deviceName.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.md`;
  const path = resolve(given ?? join(standIn ? join(root, 'build/check-gpu') : evidence, name));
  if (standIn && path.startsWith(evidence))
    throw usage('a report made on the stand-in does not belong in docs/evidence');
  return path;
}

function samplePictures() {
  const folder = join(root, 'test/pictures');
  // Not part of the package.
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^digit-.*\.\w+$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function usage(message) {
  return Object.assign(new Error(message), { exitCode: 2 });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`check:gpu: ${error.exitCode === 2 ? error.message : (error.stack ?? error)}\n`);
  process.exitCode = error.exitCode ?? 1;
}
