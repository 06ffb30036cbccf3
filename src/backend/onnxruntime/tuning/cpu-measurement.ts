import type { CpuSettings } from '../cpu-settings.js';

/** What was seen of a model that was run with these settings. */
export interface CpuMeasurement extends Omit<CpuSettings, 'loneThreads'> {
  /** Of one image that runs alone, ms. */
  readonly latencyMs: number;
  /** While all workers are busy with full batches. */
  readonly imagesPerSecond: number;
}
