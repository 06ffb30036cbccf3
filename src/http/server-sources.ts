import { join } from 'node:path';
import { hornetHome } from '../config/hornet-home.js';
import type { Config } from '../config/load-config.js';
import { gpuUsageOffThread } from '../gpu/gpu-usage-off-thread.js';
import type { LibrarySettings } from '../gpu/library-search.js';
import { probeGpuOffThread } from '../gpu/probe-off-thread.js';
import type { Serving } from '../serving/serving.js';
import type { SharedResources } from '../serving/shared-resources.js';
import { refreshedBehind } from '../telemetry/refreshed-behind.js';
import type { ServingMetricsOptions } from '../telemetry/serving-metrics.js';
import { volumeUsageOf } from '../telemetry/volume-usage.js';
import type { StatusSources } from './status-route.js';

/** How old what a scrape shows may be before it is measured again behind it, ms. */
const gpuMaxAgeMs = 1000;
/** The volume is walked through for it. */
const volumeMaxAgeMs = 10_000;

/** Where a server finds out about itself and its machine. */
export interface ServerSources {
  /** For GET /status, which waits for them. */
  readonly status: Omit<StatusSources, 'servings'>;
  /** For GET /metrics, which does not. */
  readonly metrics: Required<Pick<ServingMetricsOptions, 'shares' | 'volume' | 'gpus'>>;
}

/** What the status and the metrics of a server are made from, besides its servings. */
export function serverSources(
  { settings, hub }: Config,
  servings: readonly Serving[],
  { clock, memory, shares: computeShares }: SharedResources,
): ServerSources {
  const { cudaLibrary, tensorRtPath } = settings;
  const libraries: LibrarySettings = { cudaLibrary, tensorRtPath };
  const now = (): number => clock.now();
  const home = hornetHome(settings.home);
  const folders = { weights: hub.cacheDir, engines: join(home, 'engines'), prepared: join(home, 'prepared') };
  const volume = volumeUsageOf(folders, now);
  const gpus = refreshedBehind({ measure: gpuUsageOffThread(libraries), maxAgeMs: gpuMaxAgeMs, now });
  const shares = (): ReturnType<typeof computeShares.report> => computeShares.report();
  return {
    status: {
      probe: () => (mayUseGpus(servings) ? probeGpuOffThread(libraries) : null),
      memory: () => memory.report(),
      shares,
      volume,
    },
    metrics: {
      shares,
      volume: refreshedBehind({ measure: volume, maxAgeMs: volumeMaxAgeMs, now }),
      gpus: () => (mayUseGpus(servings) ? gpus() : null),
    },
  };
}

/** Where no serving may use a GPU, NVIDIA's libraries are left alone. */
function mayUseGpus(servings: readonly Serving[]): boolean {
  return servings.some(({ options: { backend } }) => backend !== 'onnxruntime');
}
