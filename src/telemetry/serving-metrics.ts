import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { packageVersion } from '../package-info.js';
import type { BatchReport, ImageOutcome, ServingEvents, Span, StateChange } from '../serving/serving-events.js';
import type { ServingStateName, ServingStatus } from '../serving/serving-state.js';

/** A serving as its metrics see it. */
export interface MeasuredServing {
  readonly name: string;
  readonly events: ServingEvents;
  readonly status: Pick<ServingStatus, 'state'>;
  /** Images in it, from admission to answer. */
  readonly inFlight: number;
  readonly residentBytes: number;
}

/** What a serving has used of a device: entries of ComputeShares.report(). */
export interface MeasuredShare {
  readonly resource: string;
  readonly serving: string;
  readonly busyMs: number;
}

/** What metrics are made from. */
export interface ServingMetricsOptions {
  readonly servings: readonly MeasuredServing[];
  readonly shares: () => readonly MeasuredShare[];
}

/** From half a millisecond, which a small image takes, to the longest time that a request is usually given; s. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** All states: each has a time series, so that those which are over do not linger at 1. */
const states: Readonly<Record<ServingStateName, true>> = {
  pending: true,
  downloading: true,
  verifying: true,
  building: true,
  loading: true,
  warming: true,
  ready: true,
  failed: true,
  'no-gpu': true,
  unloaded: true,
  draining: true,
};

const secondsIn = (ms: number): number => ms / 1000;

/** Metrics of servings in Prometheus' format, in a registry of their own. All names begin with `hornet_`. */
export class ServingMetrics {
  readonly #registry = new Registry();
  readonly #options: ServingMetricsOptions;
  readonly #unsubscribe: (() => unknown)[] = [];
  readonly #requests: Counter<'route' | 'method' | 'status'>;

  constructor(options: ServingMetricsOptions) {
    this.#options = options;
    this.#collectEvents();
    this.#collectState();
    this.#requests = new Counter({
      name: 'hornet_http_requests_total',
      help: 'Requests by route, method and status; 499 where the client went away before the answer.',
      labelNames: ['route', 'method', 'status'],
      registers: [this.#registry],
    });
  }

  /** Media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics, as of now. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** @param route its pattern, not the path of the request: there must not be a time series for each */
  countRequest(route: string, method: string, status: number): void {
    this.#requests.inc({ route, method, status });
  }

  /** Listens to the servings no more. Idempotent. */
  close(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  #collectEvents(): void {
    const registers = [this.#registry];
    const stage = new Histogram({
      name: 'hornet_stage_duration_seconds',
      help: 'How long images were in each stage, where they came through it.',
      labelNames: ['serving', 'stage'],
      buckets: durationBuckets,
      registers,
    });
    const stageFailures = new Counter({
      name: 'hornet_stage_failures_total',
      help: 'Images that did not come through a stage, by error code.',
      labelNames: ['serving', 'stage', 'code'],
      registers,
    });
    const images = new Counter({
      name: 'hornet_images_total',
      help: 'Images whose file has arrived, by outcome: "ok", or an error code.',
      labelNames: ['serving', 'outcome'],
      registers,
    });
    const image = new Histogram({
      name: 'hornet_image_duration_seconds',
      help: 'From when the file is there to the answer, of images that were answered with labels.',
      labelNames: ['serving'],
      buckets: durationBuckets,
      registers,
    });
    const batch = new Histogram({
      name: 'hornet_batch_duration_seconds',
      help: 'How long batches ran, by what they ran on: "cpu", or the uuid of a GPU.',
      labelNames: ['serving', 'resource'],
      buckets: durationBuckets,
      registers,
    });
    const batchSize = new Histogram({
      name: 'hornet_batch_size_images',
      help: 'Images per batch.',
      labelNames: ['serving'],
      buckets: batchBuckets,
      registers,
    });
    const batches = new Counter({
      name: 'hornet_batches_total',
      help: 'Batches that were run, by outcome: "ok", or an error code.',
      labelNames: ['serving', 'outcome'],
      registers,
    });
    const changes = new Counter({
      name: 'hornet_serving_state_changes_total',
      help: 'How often a serving has entered each state.',
      labelNames: ['serving', 'state'],
      registers,
    });
    const onSpan = ({ serving, stage: name, durationMs, errorCode }: Span): void => {
      if (errorCode === null) stage.observe({ serving, stage: name }, secondsIn(durationMs));
      else stageFailures.inc({ serving, stage: name, code: errorCode });
    };
    const onImage = ({ serving, durationMs, errorCode }: ImageOutcome): void => {
      images.inc({ serving, outcome: errorCode ?? 'ok' });
      if (errorCode === null) image.observe({ serving }, secondsIn(durationMs));
    };
    const onBatch = ({ serving, resource, size, durationMs, errorCode }: BatchReport): void => {
      batches.inc({ serving, outcome: errorCode ?? 'ok' });
      batchSize.observe({ serving }, size);
      batch.observe({ serving, resource }, secondsIn(durationMs));
    };
    const onState = ({ serving, state }: StateChange): void => changes.inc({ serving, state });
    for (const { events } of this.#options.servings) {
      events.on('span', onSpan).on('image', onImage).on('batch', onBatch).on('state', onState);
      this.#unsubscribe.push(() =>
        events.off('span', onSpan).off('image', onImage).off('batch', onBatch).off('state', onState),
      );
    }
  }

  #collectState(): void {
    const { servings, shares } = this.#options;
    const registers = [this.#registry];
    new Gauge({
      name: 'hornet_serving_state',
      help: '1 for the state that a serving is in, 0 for all others.',
      labelNames: ['serving', 'state'],
      registers,
      collect() {
        for (const { name, status } of servings) {
          for (const state of Object.keys(states)) this.set({ serving: name, state }, status.state === state ? 1 : 0);
        }
      },
    });
    new Gauge({
      name: 'hornet_queue_depth_images',
      help: 'Images in a serving, waiting or running.',
      labelNames: ['serving'],
      registers,
      collect() {
        for (const { name, inFlight } of servings) this.set({ serving: name }, inFlight);
      },
    });
    new Gauge({
      name: 'hornet_serving_resident_bytes',
      help: 'Memory that is set aside for what a serving has loaded.',
      labelNames: ['serving'],
      registers,
      collect() {
        for (const { name, residentBytes } of servings) this.set({ serving: name }, residentBytes);
      },
    });
    new Counter({
      name: 'hornet_compute_busy_seconds_total',
      help: 'How long batches of a serving have kept a device busy.',
      labelNames: ['resource', 'serving'],
      registers,
      collect() {
        // The sums are kept elsewhere.
        this.reset();
        for (const { resource, serving, busyMs } of shares()) this.inc({ resource, serving }, secondsIn(busyMs));
      },
    });
    new Gauge({
      name: 'hornet_process_resident_memory_bytes',
      help: 'Resident memory of the process.',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      name: 'hornet_process_uptime_seconds',
      help: 'How long the process has been running.',
      registers,
      collect() {
        this.set(process.uptime());
      },
    });
    new Gauge({
      name: 'hornet_build_info',
      help: 'Always 1; the version is in the labels.',
      labelNames: ['version', 'node'],
      registers,
    }).set({ version: packageVersion, node: process.version }, 1);
  }
}
