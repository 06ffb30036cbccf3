import { Gauge, Registry } from 'prom-client';
import type { GpuUsage } from '../native/tensorrt-types.js';
import { packageVersion } from '../package-info.js';
import { collectWork } from './event-metrics.js';
import { collectGpus } from './gpu-metrics.js';
import { HttpMetrics, type ObservedRequest } from './http-metrics.js';
import { collectLoading } from './load-metrics.js';
import { nodeMetrics } from './node-metrics.js';
import type { ServingStatistics } from './serving-statistics.js';
import { collectStates, type MeasuredShare, type ObservedServing } from './state-metrics.js';
import { collectTriton, type TritonServing } from './triton-metrics.js';
import { collectVolume } from './volume-metrics.js';
import type { VolumeUsage } from './volume-usage.js';

/** A serving as its metrics see it. */
export type MeasuredServing = ObservedServing & TritonServing;

/** What metrics are made from. All is asked at each scrape and has to answer at once; nothing may throw. */
export interface ServingMetricsOptions {
  readonly servings: readonly MeasuredServing[];
  readonly shares: () => readonly MeasuredShare[];
  readonly statistics: Pick<ServingStatistics, 'report'>;
  /** What was last measured; undefined: not yet. Default: no such metrics. */
  readonly volume?: () => VolumeUsage | undefined;
  /** What was last measured; null: NVML is not there. Default: no such metrics. */
  readonly gpus?: () => readonly GpuUsage[] | null | undefined;
  /** Connections that are open. Default: no such metric. */
  readonly connections?: () => number;
}

/**
 * Metrics in Prometheus' text format: ours begin with `hornet_`, those of Node with `nodejs_` and `process_`, and those
 * that mean what Triton's mean have Triton's names. Labels are names of servings, routes, states, stages, devices and
 * error codes, never what clients send. The names of some of Triton's counters rule out OpenMetrics, which would end them in
 * `_total`.
 */
export class ServingMetrics {
  readonly #registry = new Registry();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #http: HttpMetrics;

  constructor({ servings, shares, statistics, volume, gpus, connections }: ServingMetricsOptions) {
    const registry = this.#registry;
    this.#unsubscribe.push(
      collectWork(registry, servings),
      collectLoading(registry, servings),
      collectTriton(registry, servings, statistics),
    );
    collectStates(registry, servings, shares);
    this.#http = new HttpMetrics(registry, connections);
    if (volume !== undefined) collectVolume(registry, volume);
    if (gpus !== undefined) collectGpus(registry, gpus);
    new Gauge({
      name: 'hornet_build_info',
      help: 'Always 1; the version is in the labels.',
      labelNames: ['version', 'node'],
      registers: [registry],
    }).set({ version: packageVersion, node: process.version }, 1);
  }

  /** Media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics, as of now. */
  async text(): Promise<string> {
    return (await Promise.all([this.#registry.metrics(), nodeMetrics().metrics()])).join('\n');
  }

  observeRequest(request: ObservedRequest): void {
    this.#http.observe(request);
  }

  countDroppedConnection(): void {
    this.#http.countDroppedConnection();
  }

  /** Listens to the servings no more. Idempotent. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }
}
