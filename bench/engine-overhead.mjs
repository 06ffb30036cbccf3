/**
 * What the addon adds to a run of an engine: from run() to the resolved promise at batch 1, against the same loop in
 * plain C++ over the same classes (test/native/tensorrt/programs/run-engine-main.cpp); and batches per second with 4 slots.
 * On the stand-ins, with kernels that cost nothing: this says nothing about any GPU.
 *
 *   npm run build:ts && npm run build:stand-ins && node bench/engine-overhead.mjs [--set rtx] [--runs 20000] [--rounds 5]
 *
 * Prints the machine, versions, the median of each round's runs in microseconds, and the ratio between the quietest
 * rounds of either; exits with 1 above --limit (default 2).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineName, median } from './report.mjs';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'rtx' },
    runs: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    limit: { type: 'string', default: '2' },
    'stand-ins': { type: 'string' },
  },
});
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const standIns = path.resolve(values['stand-ins'] ?? path.join(root, 'build', 'stand-ins'));
const runs = Number(values.runs);
const rounds = Number(values.rounds);

const names = {
  rtx: ['libtensorrt_rtx.so.1', 'libtensorrt_onnxparser_rtx.so.1'],
  10: ['libnvinfer.so.10', 'libnvonnxparser.so.10'],
  11: ['libnvinfer.so.11', 'libnvonnxparser.so.11'],
}[values.set];
const cuda = path.join(standIns, 'lib', 'cuda', 'libcuda.so.1');
const [libraryPath, parserPath] = names.map((name) => path.join(standIns, 'lib', values.set, name));
const runEngine = path.join(standIns, 'bin', 'run-engine');
for (const file of [cuda, libraryPath, parserPath, runEngine]) {
  if (!existsSync(file)) throw new Error(`${file} is not there; run npm run build:stand-ins`);
}
// NVIDIA's real library must never meet the stand-in driver.
if (!realpathSync(libraryPath).startsWith(realpathSync(standIns))) throw new Error(`${libraryPath} is no stand-in`);

// Before the stand-ins are loaded, which read them once.
process.env.STANDIN_KERNELS = 'none';
process.env.STANDIN_LAG_US = '0';
process.env.STANDIN_PROTECT = 'none';

const print = (line) => process.stdout.write(`${line}\n`);

const addon = createRequire(import.meta.url)(path.join(root, 'build', 'Release', 'hornet.node'));
const { loadModelFolder } = await import('../dist/model/load-model-folder.js');
const { prepareGraph } = await import('../dist/onnx/prepare/prepare-graph.js');

/** Options of the digits model's engine, built for batches of 1 to 8. */
async function buildEngine(folder) {
  const model = await loadModelFolder(path.join(root, 'models', 'digits'));
  const onnxPath = path.join(folder, 'digits.onnx');
  const { inputName, outputName, inputShape } = await prepareGraph(model, { maxBatch: 8, targetPath: onnxPath });
  const shape = (images) => [images, ...inputShape.slice(1)];
  const library = { headers: values.set, libraryPath, parserPath };
  const search = { cudaLibrary: cuda, tensorRtFolders: [] };
  const planPath = path.join(folder, 'digits.plan');
  const { planBytes, planSha256 } = await addon.buildEngine(
    {
      library,
      search,
      onnxPath,
      planPath,
      profile: { inputName, min: shape(1), opt: shape(4), max: shape(8) },
      computeCapabilities: values.set === 'rtx' ? [89] : [],
      device: 0,
      workspaceBytes: null,
      optimizationLevel: null,
      timingCachePath: null,
      hardwareCompatibility: 'none',
      versionCompatible: false,
    },
    () => {},
  ).result;
  const plan = { planPath, planBytes, planSha256, inputName, outputName, classes: 10 };
  return { library, search, device: 0, runtimeCachePath: null, maxBatch: 8, graphBatches: [1, 8], ...plan };
}

/** Microseconds per run, and batches per second, in this process. */
async function measureAddon(options) {
  const engine = await addon.loadEngine(options, () => {}).result;
  const microsecondsOf = async (count) => {
    const each = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      await engine.run(0, 1);
      each.push((performance.now() - start) * 1000);
    }
    return median(each);
  };
  await microsecondsOf(runs / 10);
  const microseconds = await microsecondsOf(runs);
  const start = performance.now();
  const keepBusy = async (slot) => {
    for (let i = 0; i < runs / options.slots; i++) await engine.run(slot, options.maxBatch);
  };
  await Promise.all(engine.slots.map((_, slot) => keepBusy(slot)));
  const perSecond = (runs * 1000) / (performance.now() - start);
  await engine.close();
  return { microseconds, perSecond };
}

/** The same, in a process without JavaScript. */
function measurePlain(options) {
  const args = {
    cuda,
    library: libraryPath,
    headers: values.set,
    plan: options.planPath,
    input: options.inputName,
    output: options.outputName,
    classes: options.classes,
    batch: options.maxBatch,
    slots: options.slots,
    graphs: options.graphBatches.join(),
  };
  const run = (name) => {
    const list = Object.entries({ ...args, [name]: runs }).map(([key, value]) => `${key}=${value}`);
    return JSON.parse(execFileSync(runEngine, list, { encoding: 'utf8' }));
  };
  return {
    microseconds: run('latency').microsecondsPerRun,
    perSecond: run('throughput').batchesPerSecond,
  };
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'hornet-bench-'));
try {
  const options = { ...(await buildEngine(folder)), slots: 4 };
  print(`${machineName()}, ${os.release()}, load ${os.loadavg()[0].toFixed(1)}`);
  print(
    `node ${process.version}, hornet ${addon.version}, stand-ins for set ${values.set}, no GPU, kernels cost nothing`,
  );
  print(`digits, ${runs} runs a round; batch 1 on one slot, then batch 8 on ${options.slots} slots`);
  const ours = [];
  const plain = [];
  for (let round = 1; round <= rounds; round++) {
    ours.push(await measureAddon(options));
    plain.push(measurePlain(options));
    const [left, right] = [ours.at(-1), plain.at(-1)];
    print(
      `round ${round}: addon ${left.microseconds.toFixed(1)} us, ${left.perSecond.toFixed(0)} batches/s; ` +
        `plain C++ ${right.microseconds.toFixed(1)} us, ${right.perSecond.toFixed(0)} batches/s`,
    );
  }
  const quietest = (list) => Math.min(...list.map((round) => round.microseconds));
  const fastest = (list) => Math.max(...list.map((round) => round.perSecond));
  const [microseconds, reference] = [quietest(ours), quietest(plain)];
  const ratio = microseconds / reference;
  print(
    `quietest rounds: addon ${microseconds.toFixed(1)} us per run, plain C++ ${reference.toFixed(1)} us: the addon adds ` +
      `${(microseconds - reference).toFixed(1)} us, ratio ${ratio.toFixed(2)} (limit ${values.limit})`,
  );
  print(`${options.slots} slots: addon ${fastest(ours).toFixed(0)} batches/s, plain C++ ${fastest(plain).toFixed(0)}`);
  if (ratio > Number(values.limit)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
