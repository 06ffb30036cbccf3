import type { Backend } from '../backend/backend.js';
import { type HornetError, toHornetError } from '../errors/hornet-error.js';
import type { GpuReport } from '../gpu/gpu-report.js';
import { probeGpu } from '../gpu/probe-gpu.js';
import { forgetProbe, probeGpuOffThread } from '../gpu/probe-off-thread.js';
import type { FetchProgress } from '../hub/fetch-progress.js';
import { cpuDtypeOrder, gpuDtypeOrder } from '../model/choose-onnx-file.js';
import type { ClassifierModel, Dtype } from '../model/classifier-model.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import { abortable } from './abortable.js';
import { chooseBackend } from './choose-backend.js';
import { describeProgress } from './describe-progress.js';
import type { LoadHooks } from './load-hooks.js';
import { loadOnCpu } from './load-on-cpu.js';
import { locateModel } from './locate-model.js';
import type { ServingOptions } from './serving-options.js';
import { sideBySide } from './side-by-side.js';
import { warmed } from './warmed.js';

/** A model that can be asked. */
export interface LoadedModel {
  readonly model: ClassifierModel;
  readonly backend: Backend;
  /** What is worth knowing although all is well: why it runs on the CPU where there is a GPU. */
  readonly note: string | null;
}

/**
 * Fetches a model if need be, reads it, and brings it to the GPU or the CPU, warmed up. With `auto`, what cannot be
 * brought to a GPU goes to the CPU.
 * @throws any ERR_HUB_*, ERR_CACHE_*, ERR_MODEL_*, ERR_ONNX_*, ERR_PROCESSOR_*, ERR_BACKEND_*, ERR_GPU_*,
 *   ERR_TENSORRT_*, ERR_MEMORY_INSUFFICIENT; the signal's reason
 */
export async function loadModel(options: ServingOptions, hooks: LoadHooks): Promise<LoadedModel> {
  const { backend, reference } = options;
  const { log, signal } = hooks;
  signal.throwIfAborted();
  const decision = await chooseBackend(reference.name, backend, () => abortable(probe(options), signal), log);
  signal.throwIfAborted();
  switch (decision.kind) {
    case 'none':
      throw decision.error;
    case 'cpu':
      return loadOnCpu(await locate(options, hooks, cpuDtypeOrder), options, hooks);
    case 'gpu': {
      const folder = await locate(options, hooks, gpuDtypeOrder);
      const model = await loadModelFolder(folder, { dtype: options.dtype, dtypeOrder: gpuDtypeOrder });
      try {
        // Not loaded where there is no GPU: it brings the whole building of engines.
        const { loadOnGpu } = await import('./load-on-gpu.js');
        return {
          model,
          backend: await warmed(await loadOnGpu(model, decision.report, options, hooks), hooks),
          note: null,
        };
      } catch (error) {
        forgetProbe();
        if (backend !== 'auto' || signal.aborted) throw error;
        const why = toHornetError(error);
        warnOfFallback(reference.name, why, log);
        return { ...(await loadOnCpu(folder, options, hooks)), note: `Runs on the CPU: ${why.message}` };
      }
    }
  }
}

/** A fake of the addon is asked here: it cannot be sent to a worker. */
async function probe({ libraries, parts = {} }: ServingOptions): Promise<GpuReport> {
  const { gpu, facts, cudaMajorOf } = parts;
  if (parts.probe !== undefined) return parts.probe();
  if (gpu === undefined) return probeGpuOffThread(libraries);
  return probeGpu({
    ...libraries,
    addon: gpu,
    ...(facts === undefined ? {} : { facts }),
    ...(cudaMajorOf === undefined ? {} : { cudaMajorOf }),
  });
}

async function locate(options: ServingOptions, hooks: LoadHooks, dtypeOrder: readonly Dtype[]): Promise<string> {
  const { reference, hub, dtype, forceDownload } = options;
  const { log, signal, enter, progress, onDownloaded } = hooks;
  let toldBytes = 0;
  if (reference.source.kind === 'hub') enter('downloading');
  const onProgress = (fetched: FetchProgress): void => {
    onDownloaded?.(fetched.bytesReceived - toldBytes);
    toldBytes = fetched.bytesReceived;
    progress(Math.floor((100 * fetched.bytesDone) / Math.max(1, fetched.bytesTotal)), describeProgress(fetched));
  };
  const wanted = { environment: hub, dtype, dtypeOrder, force: forceDownload, log, onProgress };
  // With a signal of this time only: that of a serving lives long, and in Node 20 never forgets the ones that downloads
  // make from it.
  const locateOnce = (_: unknown, own: AbortSignal): Promise<string> =>
    locateModel(reference, { ...wanted, signal: own });
  const [folder] = (await sideBySide([reference], signal, locateOnce)) as [string];
  return folder;
}

function warnOfFallback(serving: string, { code, message, remedy }: HornetError, log: LoadHooks['log']): void {
  log.warn(
    { event: 'serving.cpu-fallback', serving, code },
    `Serving ${serving} runs on the CPU, because the GPU cannot be used for it: ${message} ${remedy}`,
  );
}
