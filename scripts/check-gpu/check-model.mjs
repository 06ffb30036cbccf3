import { TensorRtBackend } from '../../dist/backend/tensorrt/tensorrt-backend.js';
import { loadConfig } from '../../dist/config/load-config.js';
import { engineRequest } from '../../dist/engine/build-engine.js';
import { EngineStore } from '../../dist/engine/engine-store.js';
import { ensureEngine } from '../../dist/engine/ensure-engine.js';
import { runtimeCachePath } from '../../dist/engine/runtime-cache.js';
import { librarySettingsOf } from '../../dist/gpu/library-search.js';
import { loadGpuAddon } from '../../dist/gpu/load-gpu-addon.js';
import { compareWithCpu } from './compare-with-cpu.mjs';
import { measureBackend } from './measure-backend.mjs';
import { runTrtexec } from './run-trtexec.mjs';

export const batches = [1, 8, 32];
const slotCounts = [1, 2, 4];

/**
 * Everything about one model: its engine, whether it agrees with the CPU, and how fast it is.
 *
 * @param {string} name MODEL
 */
export async function checkModel(name, { images, home, report, log, say, standIn, seconds, tolerance }) {
  const config = loadConfig({ models: [name], flags: { home, maxBatch: Math.max(...batches) }, folder: null });
  const [serving] = config.servings;
  const device = report.devices.find(({ library }) => library !== null);
  const built = await ensureEngine(engineRequest(config, serving, { device: device.index, log }));
  const { engine, model } = built;
  say(`engine ${built.outcome} in ${(built.durationMs / 1000).toFixed(1)} s`);
  const comparison = await compareWithCpu(name, { images, home, dtype: model.dtype, log, tolerance });
  say(
    `${comparison.agreeing} of ${images.length} images as on the CPU, largest difference ${comparison.maxDifference}`,
  );
  const placement = {
    device,
    library: device.library,
    engine,
    runtimeCachePath: runtimeCachePath(new EngineStore(config.settings), engine, device),
  };
  const speeds = [];
  for (const graphs of [true, false]) {
    for (const slots of slotCounts) {
      const startedAt = performance.now();
      const backend = await TensorRtBackend.load(model, [placement], {
        addon: loadGpuAddon().addon,
        libraries: librarySettingsOf(process.env),
        log,
        slots,
        graphs,
      });
      const loadMs = performance.now() - startedAt;
      try {
        for (const batch of batches.filter((size) => size <= backend.maxBatch)) {
          speeds.push({ graphs, slots, batch, loadMs, ...(await measureBackend(backend, batch, seconds)) });
        }
      } finally {
        await backend.close();
      }
      say(`measured ${graphs ? 'with' : 'without'} graphs, ${slots} ${slots === 1 ? 'slot' : 'slots'}`);
    }
  }
  const trtexec = standIn ? 'not run: the driver is a stand-in' : runTrtexec(placement, model, batches, seconds);
  return { name, built, comparison, speeds, trtexec, images: images.length, passed: comparison.passed };
}
