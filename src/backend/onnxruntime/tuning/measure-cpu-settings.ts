import { type CpuRequest, type CpuSettings, requestedCpuSettings } from '../cpu-settings.js';
import { InferenceWorker } from '../inference-worker.js';
import type { WorkerGraph, WorkerSettings } from '../worker-protocol.js';
import { chooseCpuSettings } from './choose-cpu-settings.js';
import { batchCandidates, cpuCandidates } from './cpu-candidates.js';
import type { CpuMeasurement } from './cpu-measurement.js';
import { measureCandidate } from './measure-candidate.js';

/** What is measured of a worker. */
export type MeasuredWorker = Pick<InferenceWorker, 'loaded' | 'run' | 'close'>;

/** Options of {@link measureCpuSettings}. */
export interface MeasureOptions extends CpuRequest {
  /** After this long nothing more is tried, ms, default 3000. What is being tried is finished. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** What tests replace. */
  readonly parts?: MeasureParts;
}

/** What measuring works with. */
export interface MeasureParts {
  /** Milliseconds. */
  readonly now: () => number;
  readonly startWorker: (settings: WorkerSettings) => MeasuredWorker;
  /** Memory of this process, and what it may take besides, bytes. */
  readonly memory: () => { readonly takenBytes: number; readonly freeBytes: number };
}

/** What was measured, and what is best by that. */
export interface MeasuredSettings {
  readonly settings: CpuSettings;
  /** Of what was tried; empty where nothing could be measured, and the settings are the defaults. */
  readonly measurements: readonly CpuMeasurement[];
}

const defaultBudgetMs = 3000;

type Candidate = Pick<CpuSettings, 'threads' | 'workers'>;

const processParts: MeasureParts = {
  now: () => performance.now(),
  startWorker: (settings) => new InferenceWorker(settings, () => {}),
  memory: () => ({ takenBytes: process.memoryUsage.rss(), freeBytes: process.availableMemory() }),
};

/**
 * Runs a graph with several settings for a short while, in a process that should have nothing else to do, on a machine
 * likewise: first each choice of threads and workers with the smallest batches, then the best of them with all sizes. What
 * fails to run is left out.
 * @throws the signal's reason
 */
export async function measureCpuSettings(graph: WorkerGraph, options: MeasureOptions): Promise<MeasuredSettings> {
  const { budgetMs = defaultBudgetMs, signal, maxBatch, parts = processParts } = options;
  const endsAtMs = parts.now() + budgetMs;
  const measure = async (candidate: Candidate, batches: readonly number[]): Promise<readonly CpuMeasurement[]> => {
    signal?.throwIfAborted();
    try {
      return await measureCandidate(graph, candidate, { batches, endsAtMs, signal, parts });
    } catch {
      signal?.throwIfAborted();
      return [];
    }
  };
  const sizes = batchCandidates(maxBatch, graph.fixedBatch ?? 1);
  let measurements: CpuMeasurement[] = [];
  for (const candidate of cpuCandidates(options)) {
    if (measurements.length > 0 && parts.now() >= endsAtMs) break;
    measurements.push(...(await measure(candidate, sizes.slice(0, 1))));
  }
  const best = chooseCpuSettings(measurements);
  if (best !== undefined && sizes.length > 1 && parts.now() < endsAtMs) {
    // The smallest size once more: only what was measured in turns can be compared.
    const again = await measure(best, sizes);
    const others = measurements.filter(({ threads, workers }) => threads !== best.threads || workers !== best.workers);
    if (again.length > 0) measurements = [...others, ...again];
  }
  return { settings: chooseCpuSettings(measurements) ?? requestedCpuSettings(options), measurements };
}
