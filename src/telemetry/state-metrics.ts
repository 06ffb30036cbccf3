import { Counter, Gauge, type Registry } from 'prom-client';
import type { ComputeShare } from '../serving/batching/compute-shares.js';
import { type ServingStatus, servingStates } from '../serving/serving-state.js';
import { secondsIn } from './metric-buckets.js';

/** What there is to see of a serving at any moment. */
export interface ObservedServing {
  readonly name: string;
  readonly status: Pick<ServingStatus, 'state'>;
  /** Images in it, from admission to answer. */
  readonly inFlight: number;
  /** Of those, images that are being run. */
  readonly running: number;
  readonly residentBytes: number;
}

/** What of a share becomes a metric. */
export type MeasuredShare = Pick<ComputeShare, 'resource' | 'serving' | 'busyMs'>;

/** Metrics that are read from servings at the moment of a scrape. */
export function collectStates(
  registry: Registry,
  servings: readonly ObservedServing[],
  shares: () => readonly MeasuredShare[],
): void {
  const registers = [registry];
  new Gauge({
    name: 'hornet_serving_state',
    help: '1 for the state that a serving is in, 0 for all others.',
    labelNames: ['serving', 'state'],
    registers,
    collect() {
      for (const { name, status } of servings) {
        const now = status.state;
        // Each state has a time series, so that those which are over do not linger at 1.
        for (const state of servingStates) this.set({ serving: name, state }, now === state ? 1 : 0);
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
    name: 'hornet_running_images',
    help: 'Images of a serving that are in batches which run.',
    labelNames: ['serving'],
    registers,
    collect() {
      for (const { name, running } of servings) this.set({ serving: name }, running);
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
}
