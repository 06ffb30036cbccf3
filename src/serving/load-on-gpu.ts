import { dirname } from 'node:path';
import type { EnginePlacement } from '../backend/tensorrt/engine-placement.js';
import { TensorRtBackend } from '../backend/tensorrt/tensorrt-backend.js';
import { engineTargetOnGpu } from '../engine/choose-engine-target.js';
import type { EngineProgress, EngineRequest, EngineResult } from '../engine/engine-request.js';
import { EngineStore } from '../engine/engine-store.js';
import { ensureEngine } from '../engine/ensure-engine.js';
import { runtimeCachePath } from '../engine/runtime-cache.js';
import { HornetError, toHornetError } from '../errors/hornet-error.js';
import type { DeviceReport, GpuReport } from '../gpu/gpu-report.js';
import { loadGpuAddon } from '../gpu/load-gpu-addon.js';
import { makeFolder } from '../hub/cache/durable-folder.js';
import type { ClassifierModel } from '../model/classifier-model.js';
import type { GpuAddon, TensorRtLibrary } from '../native/tensorrt-types.js';
import type { LoadHooks } from './load-hooks.js';
import type { ServingOptions } from './serving-options.js';

type UsableDevice = DeviceReport & { readonly library: TensorRtLibrary };

/** GPUs that one engine is for. */
type GpuKind = readonly [UsableDevice, ...UsableDevice[]];

/**
 * Finds or builds the engine for every kind of GPU that can be used, and loads it onto each of them. An engine that was
 * stored and that TensorRT refuses all the same is built anew, once.
 * @throws ERR_TENSORRT_*, ERR_GPU_*, ERR_ENGINE_DAMAGED, ERR_CACHE_*, ERR_LOCK_TIMEOUT, ERR_ONNX_INVALID
 */
export async function loadOnGpu(
  model: ClassifierModel,
  report: GpuReport,
  options: ServingOptions,
  hooks: LoadHooks,
): Promise<TensorRtBackend> {
  const kinds = gpuKinds(report);
  const engines = await ensureEngines(kinds, model, report, options, hooks, options.forceBuild);
  // Not before: building takes minutes, and what it needs of memory it gives back.
  await hooks.admit(model, 'tensorrt');
  try {
    return await loadEngines(kinds, engines, model, options, hooks);
  } catch (error) {
    const refused =
      error instanceof HornetError && ['ERR_TENSORRT_LOAD_FAILED', 'ERR_ENGINE_DAMAGED'].includes(error.code);
    if (!refused || engines.every(({ outcome }) => outcome === 'built')) throw error;
    hooks.log.warn(
      { event: 'engine.refused', code: error.code, err: error },
      `A stored engine cannot be used and is built anew: ${error.message}`,
    );
    const rebuilt = await ensureEngines(kinds, model, report, options, hooks, true);
    return await loadEngines(kinds, rebuilt, model, options, hooks);
  }
}

/** GPUs that take the same engine are of one kind. */
function gpuKinds(report: GpuReport): GpuKind[] {
  const kinds = new Map<string, [UsableDevice, ...UsableDevice[]]>();
  for (const device of report.devices) {
    const { library } = device;
    if (library === null) continue;
    const usable = { ...device, library };
    const { hardware } = engineTargetOnGpu(report, device.index);
    const key = JSON.stringify([library.libraryPath, hardware]);
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [usable]);
    else kind.push(usable);
  }
  return [...kinds.values()];
}

/** One after the other: builds on several GPUs at once would compete for the same cores. */
async function ensureEngines(
  kinds: readonly GpuKind[],
  model: ClassifierModel,
  report: GpuReport,
  options: ServingOptions,
  hooks: LoadHooks,
  force: boolean,
): Promise<EngineResult[]> {
  const { reference, hub, home, baked, libraries, dtype, maxBatch, keepStale, parts } = options;
  const { log, signal } = hooks;
  const results: EngineResult[] = [];
  for (const [index, [device]] of kinds.entries()) {
    const onProgress = (progress: EngineProgress): void => {
      tell(progress, { ...hooks, done: index, of: kinds.length, gpu: device.name });
    };
    results.push(
      await toldOf(hooks, {
        reference,
        hub,
        home,
        baked,
        libraries,
        dtype,
        maxBatch,
        model,
        report,
        targets: [],
        device: device.index,
        force,
        forceDownload: false,
        keepStale,
        log,
        signal,
        onProgress,
        parts,
      }),
    );
  }
  return results;
}

async function toldOf({ onEngine }: LoadHooks, request: EngineRequest): Promise<EngineResult> {
  const startMs = performance.now();
  try {
    const result = await ensureEngine(request);
    const { outcome, engine, durationMs } = result;
    const buildMs = outcome === 'built' ? engine.record.timings.totalMs : durationMs;
    onEngine?.({ outcome, durationMs: buildMs, errorCode: null });
    return result;
  } catch (error) {
    onEngine?.({ outcome: 'failed', durationMs: performance.now() - startMs, errorCode: toHornetError(error).code });
    throw error;
  }
}

/** A fresh engine is only verified; `building` is for what takes long. */
function tell(
  { phase, percent, detail }: EngineProgress,
  { enter, progress, done, of, gpu }: LoadHooks & { readonly done: number; readonly of: number; readonly gpu: string },
): void {
  if (phase === 'checking') enter('verifying');
  if (phase === 'waiting' || phase === 'preparing' || phase === 'building') enter('building');
  progress(Math.floor((100 * done + percent) / of), `engine for ${gpu}: ${detail ?? phase}`);
}

async function loadEngines(
  kinds: readonly GpuKind[],
  engines: readonly EngineResult[],
  model: ClassifierModel,
  options: ServingOptions,
  { log, signal, enter, onAvailable, onFailed }: LoadHooks,
): Promise<TensorRtBackend> {
  enter('loading');
  const { libraries, parts } = options;
  const store = new EngineStore(options);
  const placements = kinds.flatMap((kind, index) => {
    const { engine } = engines[index] as EngineResult;
    return kind.map((device): EnginePlacement => {
      const cachePath = runtimeCachePath(store, engine, device);
      return { device, library: device.library, engine, runtimeCachePath: cachePath };
    });
  });
  placements.sort((a, b) => a.device.index - b.device.index);
  await makeCacheFolders(placements);
  return TensorRtBackend.load(model, placements, {
    addon: requireAddon(parts?.gpu),
    libraries,
    log,
    signal,
    onAvailable,
    onFailed,
    ...(parts?.sleep === undefined ? {} : { sleep: parts.sleep }),
  });
}

/** Without them the kernels are compiled at each start, and nothing else is lost. */
async function makeCacheFolders(placements: readonly EnginePlacement[]): Promise<void> {
  const folders = new Set(placements.flatMap(({ runtimeCachePath: path }) => (path === null ? [] : [dirname(path)])));
  for (const folder of folders) await makeFolder(folder).catch(() => {});
}

function requireAddon(outcome = loadGpuAddon()): GpuAddon {
  if (outcome.addon !== null) return outcome.addon;
  throw new HornetError('ERR_TENSORRT_UNAVAILABLE', outcome.problem, { remedy: outcome.remedy });
}
