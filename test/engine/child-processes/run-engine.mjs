// One process that does with an engine all that a serving does: probe, load, a few runs, close. What fails must fail as
// an error of ours. Prints one line of JSON and ends with 0 where it was civil about it, with 1 where it was not.
//   run-engine.mjs MODEL_FOLDER HOME
import { setImmediate as turn } from 'node:timers/promises';
import { TensorRtBackend } from '../../../dist/backend/tensorrt/tensorrt-backend.js';
import { loadConfig } from '../../../dist/config/load-config.js';
import { engineRequest } from '../../../dist/engine/build-engine.js';
import { ensureEngine } from '../../../dist/engine/ensure-engine.js';
import { runtimeCacheName } from '../../../dist/engine/runtime-cache.js';
import { HornetError } from '../../../dist/errors/hornet-error.js';
import { librarySettingsOf } from '../../../dist/gpu/library-search.js';
import { loadGpuAddon } from '../../../dist/gpu/load-gpu-addon.js';
import { probeGpu } from '../../../dist/gpu/probe-gpu.js';

const [folder, home] = process.argv.slice(2);
const runCounts = [1, 4, 3, 4];

/** Codes in the order in which they came; anything else than an error of ours ends the process badly. */
const codes = [];
function note(error) {
  if (!(error instanceof HornetError) || error.code === 'ERR_INTERNAL') throw error;
  codes.push(error.code);
}

async function load() {
  const config = loadConfig({ models: [folder], flags: { home }, folder: null });
  const report = probeGpu();
  const device = report.devices.find(({ library }) => library !== null);
  if (device === undefined) {
    codes.push('ERR_GPU_MISSING');
    return undefined;
  }
  const [serving] = config.servings;
  const { engine, model, outcome } = await ensureEngine({ ...engineRequest(config, serving, {}), report });
  if (outcome !== 'fresh') throw new Error('the engine should have been there');
  const cachePath = device.library.flavour === 'tensorrt-rtx' ? `${engine.folder}/${runtimeCacheName(device)}` : null;
  return await TensorRtBackend.load(model, [{ device, library: device.library, engine, runtimeCachePath: cachePath }], {
    addon: loadGpuAddon().addon,
    libraries: librarySettingsOf(process.env),
    onFailed: note,
    // Waits before another try are not what this is about.
    sleep: () => turn(),
  });
}

async function run(backend, count) {
  const slot = await backend.acquire();
  try {
    slot.bytes.fill(count);
    const scores = await slot.run(count);
    if (scores.length !== count * backend.classes) throw new Error(`${scores.length} scores for ${count} pictures`);
    if (!scores.every(Number.isFinite)) throw new Error('scores that are not numbers');
  } finally {
    slot.release();
  }
}

let runs = 0;
try {
  const backend = await load();
  if (backend !== undefined) {
    try {
      for (const count of runCounts) {
        await run(backend, count).then(() => runs++, note);
      }
    } finally {
      await backend.close();
    }
  }
} catch (error) {
  note(error);
}
process.stdout.write(`${JSON.stringify({ runs, codes })}\n`);
