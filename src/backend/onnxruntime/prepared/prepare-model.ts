import type { Config } from '../../../config/load-config.js';
import type { ServingConfig } from '../../../config/resolve-servings.js';
import { sharesModel } from '../../../engine/engine-names.js';
import type { EngineProgress } from '../../../engine/engine-request.js';
import type { FetchProgress } from '../../../hub/fetch-progress.js';
import type { Logger } from '../../../logging/create-logger.js';
import { cpuDtypeOrder } from '../../../model/choose-onnx-file.js';
import { loadModelFolder } from '../../../model/load-model-folder.js';
import { describeProgress } from '../../../serving/describe-progress.js';
import { locateModel } from '../../../serving/locate-model.js';
import { cpuRequestOf } from '../cpu-settings.js';
import { ensurePrepared } from './ensure-prepared.js';
import { isWorthPreparing } from './is-worth-preparing.js';
import type { PrepareResult } from './prepare-request.js';

/** How preparing ahead of time is told about, and cancelled. */
export interface PrepareHooks {
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: EngineProgress) => void;
}

/**
 * Prepares a model for the processor of this machine before it is served: fetches it if need be.
 * @returns null where the model is so small that it is served as it is
 * @throws what ensurePrepared throws, and what fetching and reading the model throws
 */
export async function prepareModel(
  { settings, hub, servings }: Config,
  serving: ServingConfig,
  { log, signal, onProgress }: PrepareHooks,
): Promise<PrepareResult | null> {
  const { home, baked } = settings;
  const { reference, dtype, forceDownload, forceBuild } = serving;
  const folder = await locateModel(reference, {
    environment: hub,
    dtype,
    dtypeOrder: cpuDtypeOrder,
    force: forceDownload,
    log,
    signal,
    onProgress: (fetched: FetchProgress) => {
      const percent = Math.floor((100 * fetched.bytesDone) / Math.max(1, fetched.bytesTotal));
      onProgress({ phase: 'downloading', percent, detail: describeProgress(fetched) });
    },
  });
  const model = await loadModelFolder(folder, { dtype, dtypeOrder: cpuDtypeOrder });
  if (!(await isWorthPreparing(model))) return null;
  return ensurePrepared({
    model,
    reference,
    home,
    baked,
    cpu: cpuRequestOf(serving),
    again: forceBuild ? 'it was asked for' : null,
    keepStale: sharesModel(serving, servings),
    thorough: true,
    log,
    signal,
    onWork: (what) => onProgress({ phase: 'preparing', percent: 50, detail: what }),
  });
}
