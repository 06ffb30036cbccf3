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
  /** After this long nothing more is tried, ms, default 6000. What is being tried is finished. */
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

const defaultBudgetMs = 6000;

type Candidate = Pick<CpuSettings, 'threads' | 'workers'>;

const processParts: MeasureParts = {
  now: () => performance.now(),
  startWorker: (settings) => new InferenceWorker(settings, () => {}),
  memory: () => ({ takenBytes: process.memoryUsage.rss(), freeBytes: process.availableMemory() }),
};

/**
 * Runs a graph with several settings for a short while, in a process that should have nothing else to do, on a machine
 * likewise: first each choice of threads and workers with the smallest batches, all of them twice in turns where there is
 * time, then the best of them with all sizes. The best that was seen of each counts: a machine that is slow for a second
 * makes only what was tried just then look bad. What fails to run is left out.
 * @throws the signal's reason
 */
export async function measureCpuSettings(graph: WorkerGraph, options: MeasureOptions): Promise<MeasuredSettings> {
  const { budgetMs = defaultBudgetMs, signal, maxBatch, parts = processParts } = options;
  const startMs = parts.now();
  const endsAtMs = startMs + budgetMs;
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
  let measurements: readonly CpuMeasurement[] = [];
  const candidates = cpuCandidates(options);
  const tryAll = async (): Promise<void> => {
    for (const candidate of candidates) {
      if (measurements.length > 0 && parts.now() >= endsAtMs) break;
      measurements = bestOf([...measurements, ...(await measure(candidate, sizes.slice(0, 1)))]);
    }
  };
  await tryAll();
  // All of them again, or none.
  if (candidates.length > 1 && 2 * (parts.now() - startMs) < budgetMs) await tryAll();
  const best = chooseCpuSettings(measurements);
  if (best === undefined) return { settings: requestedCpuSettings(options), measurements };
  if (sizes.length === 1 || parts.now() >= endsAtMs) return { settings: best, measurements };
  // The smallest size once more: only what was measured in turns can be compared, so they tell the batch and no more.
  const bySize = await measure(best, sizes);
  const { batch } = chooseCpuSettings(bySize) ?? best;
  return { settings: { ...best, batch }, measurements: bestOf([...measurements, ...bySize]) };
}

/** One for each choice, with the best that was seen of it. */
function bestOf(measurements: readonly CpuMeasurement[]): CpuMeasurement[] {
  const best = new Map<string, CpuMeasurement>();
  for (const one of measurements) {
    const key = `${one.threads} ${one.workers} ${one.batch}`;
    const { latencyMs, imagesPerSecond } = best.get(key) ?? one;
    best.set(key, {
      ...one,
      latencyMs: Math.min(one.latencyMs, latencyMs),
      imagesPerSecond: Math.max(one.imagesPerSecond, imagesPerSecond),
    });
  }
  return [...best.values()];
}
