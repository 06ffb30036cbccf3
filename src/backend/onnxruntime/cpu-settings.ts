import { availableParallelism } from 'node:os';

/** How a model is run on the CPU. */
export interface CpuSettings {
  /** Threads of each session; at least 1. */
  readonly threads: number;
  /** Workers that run batches side by side, each with a session of its own; at least 1. */
  readonly workers: number;
  /** Most images that a worker runs together; at least 1. */
  readonly batch: number;
  /**
   * Threads of one more worker, which runs what comes while nothing else is run, so that whoever asks alone need not wait
   * for fewer threads; 0: there is none.
   */
  readonly loneThreads: number;
}

/** How a model runs on the CPU, as it is reported. */
export interface CpuReport extends CpuSettings {
  /** Whether that was found best by measuring; else it was set, or is the default. */
  readonly measured: boolean;
}

/** What is asked for; 0: no matter. */
export interface CpuRequest {
  readonly threads: number;
  readonly workers: number;
  /** Most images that run together; at least 1. */
  readonly maxBatch: number;
  /** Processors that there are, default those that this process may use. */
  readonly processors?: number;
}

/** What the settings of a serving ask for, on this machine. */
export function cpuRequestOf(settings: {
  readonly cpuThreads: number;
  readonly cpuWorkers: number;
  readonly maxBatch: number;
}): Required<CpuRequest> {
  const { cpuThreads: threads, cpuWorkers: workers, maxBatch } = settings;
  return { threads, workers, maxBatch, processors: availableParallelism() };
}

/**
 * What runs where nothing was measured: what is asked for, and of what is not one worker whose session uses all
 * processors, which does well with most models: the lowest latency, and nearly the most images.
 */
export function requestedCpuSettings(request: CpuRequest): CpuReport {
  const { threads, workers, maxBatch, processors = availableParallelism() } = request;
  const rest = (taken: number): number => Math.max(1, Math.floor(processors / taken));
  const common = { batch: maxBatch, loneThreads: 0, measured: false };
  if (threads === 0) return { ...common, threads: rest(Math.max(1, workers)), workers: Math.max(1, workers) };
  return { ...common, threads, workers: workers === 0 ? rest(threads) : workers };
}
