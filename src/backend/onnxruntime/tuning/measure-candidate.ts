import type { CpuSettings } from '../cpu-settings.js';
import { imageBytesOf, wholeSteps } from '../worker-graph.js';
import type { WorkerGraph } from '../worker-protocol.js';
import type { CpuMeasurement } from './cpu-measurement.js';
import type { MeasuredWorker, MeasureParts } from './measure-cpu-settings.js';

/** How {@link measureCandidate} measures. */
export interface CandidateOptions {
  /** Sizes of batches to measure with, ascending. */
  readonly batches: readonly number[];
  /** No further batch size is begun after this moment. */
  readonly endsAtMs: number;
  readonly signal: AbortSignal | undefined;
  readonly parts: MeasureParts;
}

/** What is measured is repeated, and the least time counts: whatever disturbs a run makes it longer. */
const latencyRepeats = 5;
const throughputRepeats = 3;

/** How long one measurement of throughput is to take, ms; it has at least one batch of each worker. */
const throughputMs = 80;

/** Share of the free memory that the workers of a candidate may take. */
const memoryShare = 0.5;

/**
 * Measures one choice of threads and workers with some sizes of batches: first a single image in one worker, and then,
 * where there is memory, all workers at once.
 * @throws ERR_BACKEND_*, the signal's reason
 */
export async function measureCandidate(
  graph: WorkerGraph,
  { threads, workers: count }: Pick<CpuSettings, 'threads' | 'workers'>,
  { batches: sizes, endsAtMs, signal, parts }: CandidateOptions,
): Promise<readonly CpuMeasurement[]> {
  const { now, startWorker, memory } = parts;
  const slotBytes = wholeSteps(graph, Math.max(...sizes)) * imageBytesOf(graph);
  const slots = Array.from({ length: count }, () => new SharedArrayBuffer(slotBytes));
  const workers: MeasuredWorker[] = [];
  const start = async (more: number): Promise<void> => {
    const started = Array.from({ length: more }, () => startWorker({ ...graph, threads, nice: 0, slots }));
    workers.push(...started);
    await Promise.all(started.map((worker) => worker.loaded()));
  };
  /** Milliseconds for so many batches of each worker, which run side by side. */
  const timeOf = async (batch: number, batches: number): Promise<number> => {
    signal?.throwIfAborted();
    const startMs = now();
    const streams = workers.map((worker, slot) => Array.from({ length: batches }, () => worker.run(slot, batch)));
    await Promise.all(streams.flat());
    return now() - startMs;
  };
  try {
    const before = memory();
    await start(1);
    await timeOf(1, 1);
    const latencyMs = await leastOf(latencyRepeats, () => timeOf(1, 1));
    const workerBytes = memory().takenBytes - before.takenBytes;
    if ((count - 1) * workerBytes > memoryShare * before.freeBytes) return [];
    await start(count - 1);
    const most = new Map<number, number>();
    // All sizes in turns, so that what disturbs for a while disturbs them all alike.
    for (let repeat = 0; repeat < throughputRepeats; repeat++) {
      for (const batch of sizes) {
        if (most.size > 0 && now() >= endsAtMs) break;
        // The first batches of a size ask the system for memory.
        if (repeat === 0) await timeOf(batch, 1);
        const batches = Math.max(1, Math.round(throughputMs / (await timeOf(batch, 1))));
        const imagesPerSecond = (1000 * count * batches * batch) / (await timeOf(batch, batches));
        most.set(batch, Math.max(most.get(batch) ?? 0, imagesPerSecond));
      }
    }
    return [...most].map(([batch, imagesPerSecond]) => ({
      ...{ threads, workers: count, batch, latencyMs, imagesPerSecond },
    }));
  } finally {
    await Promise.all(workers.map((worker) => worker.close()));
  }
}

async function leastOf(repeats: number, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < repeats; repeat++) least = Math.min(least, await measure());
  return least;
}
