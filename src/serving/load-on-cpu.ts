import { type CpuReport, cpuRequestOf, requestedCpuSettings } from '../backend/onnxruntime/cpu-settings.js';
import { OnnxRuntimeBackend } from '../backend/onnxruntime/onnxruntime-backend.js';
import { ensurePrepared } from '../backend/onnxruntime/prepared/ensure-prepared.js';
import { isWorthPreparing } from '../backend/onnxruntime/prepared/is-worth-preparing.js';
import type { PrepareResult } from '../backend/onnxruntime/prepared/prepare-request.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { loadSharp } from '../image/load-sharp.js';
import { cpuDtypeOrder } from '../model/choose-onnx-file.js';
import type { ClassifierModel } from '../model/classifier-model.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import type { LoadHooks } from './load-hooks.js';
import type { LoadedModel } from './load-model.js';
import type { ServingOptions } from './serving-options.js';
import { warmed } from './warmed.js';

/**
 * Brings a model to the CPU, warmed up: as it was prepared for this processor, or else, whatever the reason, from its
 * own file.
 * @throws ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*, ERR_MEMORY_INSUFFICIENT; the signal's reason
 */
export async function loadOnCpu(folder: string, options: ServingOptions, hooks: LoadHooks): Promise<LoadedModel> {
  hooks.signal.throwIfAborted();
  const model = await loadModelFolder(folder, { dtype: options.dtype, dtypeOrder: cpuDtypeOrder });
  const isWorth = options.prepare === 'auto' && (await isWorthPreparing(model));
  const prepared = isWorth ? await loadPrepared(model, options, hooks) : null;
  const backend = prepared ?? (await loadBackend(model, requestedCpuSettings(cpuRequestOf(options)), options, hooks));
  return { model, backend, note: null };
}

/** Null where the model cannot be prepared, or what was prepared cannot be used: it has been said in the log. */
async function loadPrepared(
  model: ClassifierModel,
  options: ServingOptions,
  hooks: LoadHooks,
): Promise<OnnxRuntimeBackend | null> {
  const { reference, home, baked, forceBuild, keepStale } = options;
  const { log, signal } = hooks;
  const onWork = async (what: string): Promise<void> => {
    // The process that prepares takes about what the model takes from its own file.
    await hooks.admit(model, 'onnxruntime');
    hooks.enter('building');
    hooks.progress(null, what);
  };
  const request = { model, reference, home, baked, keepStale, cpu: cpuRequestOf(options), log, signal, onWork };
  let again = forceBuild ? 'it was asked for' : null;
  for (let thorough = false; ; thorough = true) {
    let result: PrepareResult | undefined;
    try {
      result = await ensurePrepared({ ...request, again, thorough });
      const backend = await load(model, result, options, hooks);
      if (backend !== null) return backend;
    } catch (error) {
      signal.throwIfAborted();
      const why = reasonOf(error);
      if (why.code === 'ERR_MEMORY_INSUFFICIENT') throw error;
      if (thorough || result?.outcome !== 'fresh') {
        warn(reference.name, why, error, log);
        return null;
      }
      again = why.message.replace(/\.$/, '');
    }
  }
}

/** Loads and warms up; null where what was stored turns out meanwhile to be something else. */
async function load(
  model: ClassifierModel,
  result: PrepareResult,
  options: ServingOptions,
  hooks: LoadHooks,
): Promise<OnnxRuntimeBackend | null> {
  const graph = { path: result.prepared.graphPath };
  const [right, loaded] = await Promise.allSettled([
    result.isRight(),
    loadBackend(model, result.settings, options, hooks, graph),
  ]);
  if (right.status === 'fulfilled' && right.value && loaded.status === 'fulfilled') return loaded.value;
  if (loaded.status === 'fulfilled') await loaded.value.close();
  if (right.status === 'rejected') throw right.reason;
  if (loaded.status === 'rejected' && right.value) throw loaded.reason;
  return null;
}

async function loadBackend(
  model: ClassifierModel,
  settings: CpuReport,
  { cpuNice }: ServingOptions,
  hooks: LoadHooks,
  graph?: { readonly path: string },
): Promise<OnnxRuntimeBackend> {
  const { log, onFailed } = hooks;
  const { batch, loneThreads } = settings;
  const workers = settings.workers + (loneThreads === 0 ? 0 : 1);
  await hooks.admit(model, 'onnxruntime', { batch, workers, isPrepared: graph !== undefined });
  hooks.enter('loading');
  const loading = { settings, nice: cpuNice, log, onFailed, ...(graph === undefined ? {} : { graph }) };
  const backend = OnnxRuntimeBackend.load(model, loading);
  // On another core than the worker, which loads the model; how that went is seen to when both are there.
  loadSharp().catch(() => undefined);
  return warmed(await backend, hooks);
}

function reasonOf(error: unknown): HornetError {
  if (error instanceof HornetError) return error;
  return new HornetError('ERR_MODEL_UNPREPARED', `The model cannot be prepared: ${messageOf(error)}.`);
}

function warn(serving: string, { code, message, remedy }: HornetError, error: unknown, log: LoadHooks['log']): void {
  log.warn(
    { event: 'model.unprepared', serving, code, err: error },
    `Serving ${serving} is loaded from the model's own file: ${message} ${remedy}`,
  );
}
