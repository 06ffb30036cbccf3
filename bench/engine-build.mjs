/**
 * `hornet build-engine` against the same build in a bare C++ program: NVIDIA's TensorRT-RTX, the same prepared graph of
 * ResNet-50's size in float32 (for Hornet a model of the Hub, cached), the same targets, profile and progress monitor, in
 * turns. Compares the builder phase, the whole command and the peak of memory with their limits; exit code 1 when one is
 * over.
 *
 *   node bench/engine-build.mjs [--rounds 7] [--json]
 *
 * Needs dist/ (npm run build:ts), the addon, g++, and what scripts/fetch-tensorrt-headers and
 * scripts/fetch-tensorrt-libraries fetch. Measure on a machine that does nothing else, where the whole command took 266
 * to 366 ms more in four runs with Node 20; other work made that anything from 31 to 932 ms.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadModelFolder } from '../dist/model/load-model-folder.js';
import { prepareGraph } from '../dist/onnx/prepare/prepare-graph.js';
import { machineName, median } from './report.mjs';

const limits = { builderRatio: 1.15, wholeMs: 500, peakBytes: 150e6 };
const maxBatch = 4;

const root = fileURLToPath(new URL('../', import.meta.url));
const libraries = path.join(root, 'build/tensorrt-libraries/rtx');
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, json: { type: 'boolean', default: false } },
});

function run(command, args, env = process.env) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env });
  if (status !== 0) throw error ?? new Error(`${command} ends with ${status}: ${stderr}`);
  return { stdout, stderr };
}

function compile(folder, name, ...flags) {
  const program = path.join(folder, name);
  run('g++', ['-std=c++17', '-O2', ...flags, path.join(root, 'bench', `${name}.cpp`), '-o', program, '-ldl']);
  return program;
}

/** Runs a command under the measuring program; its standard output is JSON. */
function measure(measuring, command, args, env) {
  const { stdout, stderr } = run(measuring, [command, ...args], env);
  return { answer: JSON.parse(stdout), ...JSON.parse(stderr.trim().split('\n').at(-1)) };
}

/** Moves a model into a cache of the Hub, as fetching it would leave it there. */
function moveIntoCache(modelFolder, cache, repository) {
  const folder = path.join(cache, `models--${repository.replace('/', '--')}`);
  const commit = '0'.repeat(40);
  const snapshot = path.join(folder, 'snapshots', commit);
  for (const name of ['blobs', 'refs']) mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, 'refs/main'), commit);
  const files = readdirSync(modelFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of files) {
    const file = path.join(parentPath, name);
    const blob = path.join(folder, 'blobs', createHash('sha256').update(readFileSync(file)).digest('hex'));
    const link = path.join(snapshot, path.relative(modelFolder, file));
    mkdirSync(path.dirname(link), { recursive: true });
    renameSync(file, blob);
    symlinkSync(path.relative(path.dirname(link), blob), link);
  }
}

async function compare(folder, rounds, onRound) {
  const headers = ['native/tensorrt/cuda-types', 'build/tensorrt-headers/rtx-1.7'];
  const bare = compile(folder, 'bare-engine-build', ...headers.flatMap((name) => ['-isystem', path.join(root, name)]));
  const measuring = compile(folder, 'measure-command');
  const modelFolder = path.join(folder, 'resnet-50');
  run(process.execPath, [path.join(root, 'bench/make-model.mjs'), modelFolder]);
  const model = await loadModelFolder(modelFolder, { dtype: 'fp32', dtypeOrder: ['fp32'] });
  const graph = await prepareGraph(model, { maxBatch, targetPath: path.join(folder, 'prepared.onnx') });
  const plan = path.join(folder, 'bare.plan');
  const files = ['libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1'].map((name) => path.join(libraries, name));
  const shape = [graph.inputName, graph.inputShape[1], maxBatch].map(String);
  const home = path.join(folder, 'home');
  const repository = 'bench/resnet-50';
  const env = { ...process.env, HF_HUB_CACHE: path.join(folder, 'hub'), HF_HUB_OFFLINE: '1' };
  moveIntoCache(modelFolder, env.HF_HUB_CACHE, repository);
  const hornet = [path.join(root, 'dist/cli/main.cjs'), 'build-engine', repository, '--json', '--home', home];
  hornet.push('--target', 'sm86,sm89', '--dtype', 'fp32', '--max-batch', `${maxBatch}`);
  const turns = {
    bare: () => {
      rmSync(plan, { force: true });
      const result = measure(measuring, bare, [...files, graph.path, plan, ...shape, '86', '89']);
      return { ...result, buildMs: result.answer.buildMs };
    },
    hornet: () => {
      rmSync(home, { recursive: true, force: true });
      mkdirSync(home);
      const result = measure(measuring, process.execPath, hornet, env);
      return { ...result, buildMs: result.answer[0].timings.buildMs };
    },
  };
  const results = { bare: [], hornet: [] };
  // The first of each warms up: files come into memory.
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? ['bare', 'hornet'] : ['hornet', 'bare']) {
      const result = turns[name]();
      if (round > 0) results[name].push(result);
    }
    onRound(round, results);
  }
  const of = (name, field) => median(results[name].map((result) => result[field]));
  const both = (field) => ({ bare: of('bare', field), hornet: of('hornet', field) });
  return { buildMs: both('buildMs'), wallMs: both('wallMs'), cpuMs: both('cpuMs'), peakBytes: both('peakBytes') };
}

const folder = mkdtempSync(path.join(tmpdir(), 'hornet-engine-build-'));
try {
  const rounds = Number(values.rounds);
  const loadBefore = loadavg()[0];
  const medians = await compare(folder, rounds, (round, { bare, hornet }) => {
    if (round === 0 || values.json) return;
    const show = ({ buildMs, wallMs }) => `${buildMs.toFixed(0)} of ${wallMs.toFixed(0)} ms`;
    process.stdout.write(`round ${round}: bare ${show(bare.at(-1))}, hornet ${show(hornet.at(-1))}\n`);
  });
  const { buildMs, wallMs, peakBytes } = medians;
  const differences = {
    builderRatio: buildMs.hornet / buildMs.bare,
    wholeMs: wallMs.hornet - wallMs.bare,
    peakBytes: peakBytes.hornet - peakBytes.bare,
  };
  const over = Object.keys(limits).filter((name) => differences[name] > limits[name]);
  const machine = `${machineName()}, load ${loadBefore.toFixed(1)} before`;
  const report = { machine, node: process.version, rounds, medians, differences, limits, over };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    process.stdout.write(`${machine}, Node ${process.version}; medians of ${rounds}\n`);
    for (const [name, { bare, hornet }] of Object.entries(medians)) {
      process.stdout.write(`${name}: bare ${bare.toFixed(0)}, hornet ${hornet.toFixed(0)}\n`);
    }
    for (const [name, limit] of Object.entries(limits)) {
      process.stdout.write(
        `${name}: ${differences[name].toFixed(2)} (limit ${limit})${over.includes(name) ? ' OVER' : ''}\n`,
      );
    }
  }
  if (over.length > 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
