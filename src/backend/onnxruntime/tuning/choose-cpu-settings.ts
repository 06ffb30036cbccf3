import type { CpuSettings } from '../cpu-settings.js';
import type { CpuMeasurement } from './cpu-measurement.js';

/** By how much an image that comes alone may take longer than with what is best for it: who asks now and then waits. */
const latencyTolerance = 0.1;
const latencyToleranceMs = 1;

/** Throughput that more workers or larger batches must gain to be worth their memory. */
const worthwhileGain = 0.03;

/**
 * What a session of several threads loses in a server, where decoding and answering take a processor now and then: its
 * threads wait for each other. Measured: 12 % for two threads on two processors; half of that is allowed for.
 */
const disturbanceLoss = 0.06;

const rateOf = ({ threads, imagesPerSecond }: CpuMeasurement): number =>
  imagesPerSecond * (threads === 1 ? 1 : 1 - disturbanceLoss);

/**
 * What gives the most images per second, unless less memory gives nearly as many: fewer workers before smaller batches, as
 * each worker has a session of its own. Where an image that comes alone would take clearly longer with that than with more
 * threads, one more worker has these.
 * @returns undefined where nothing was measured
 */
export function chooseCpuSettings(measurements: readonly CpuMeasurement[]): CpuSettings | undefined {
  const most = Math.max(...measurements.map(rateOf));
  const [chosen] = measurements
    .filter((one) => rateOf(one) * (1 + worthwhileGain) >= most)
    .sort((a, b) => a.workers - b.workers || a.batch - b.batch || rateOf(b) - rateOf(a) || a.threads - b.threads);
  const [quickest] = measurements.toSorted((a, b) => a.latencyMs - b.latencyMs || a.threads - b.threads);
  if (chosen === undefined || quickest === undefined) return undefined;
  const { threads, workers, batch } = chosen;
  const isQuick = chosen.latencyMs <= quickest.latencyMs * (1 + latencyTolerance) + latencyToleranceMs;
  return { threads, workers, batch, loneThreads: isQuick ? 0 : quickest.threads };
}
