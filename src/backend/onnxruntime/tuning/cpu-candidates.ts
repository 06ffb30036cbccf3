import { availableParallelism } from 'node:os';
import type { CpuRequest, CpuSettings } from '../cpu-settings.js';

/** Larger batches than this gain nothing on a CPU, and cost memory. */
const largestBatch = 8;

/**
 * Threads and workers that may do well: all processors for one batch, half of them for each of two, and so on to one
 * thread each. What is asked for is kept to. The latency of one image goes down and then up along the list, or only up.
 */
export function cpuCandidates(request: CpuRequest): readonly Pick<CpuSettings, 'threads' | 'workers'>[] {
  const { threads, workers, processors = availableParallelism() } = request;
  const shareOf = (parts: number): number => Math.max(1, Math.floor(processors / parts));
  const threadCounts = threads === 0 ? halvings(shareOf(Math.max(1, workers))) : [threads];
  return threadCounts.flatMap((count) => {
    const most = shareOf(count);
    const workerCounts = workers > 0 ? [workers] : threads === 0 ? [most] : halvings(most).reverse();
    return workerCounts.map((side) => ({ threads: count, workers: side }));
  });
}

/** Batches to try, ascending, as far as they are allowed. @param step images that the graph always runs together */
export function batchCandidates(maxBatch: number, step: number): readonly number[] {
  const limit = Math.max(1, Math.floor(Math.min(maxBatch, Math.max(largestBatch, step)) / step));
  return halvings(limit)
    .reverse()
    .map((steps) => steps * step);
}

/** 6, 3, 2, 1. */
function halvings(largest: number): number[] {
  const halves = [largest];
  for (let half = largest; half > 1; ) {
    half = Math.ceil(half / 2);
    halves.push(half);
  }
  return halves;
}
