import { Counter, Histogram, type Registry } from 'prom-client';
import type { EngineOutcome, LoadOutcome, ServingEventMap, ServingEvents } from '../serving/serving-events.js';
import { loadBuckets, secondsIn } from './metric-buckets.js';

/**
 * Metrics of what brings models into memory: downloads, engines, loads; from the servings' events.
 * @returns ends the listening
 */
export function collectLoading(
  registry: Registry,
  servings: readonly { readonly name: string; readonly events: ServingEvents }[],
): () => void {
  const registers = [registry];
  const loads = new Counter({
    name: 'hornet_loads_total',
    help: 'Times that a model was brought into memory, or was to be, by outcome: "ok", or an error code.',
    labelNames: ['serving', 'outcome'],
    registers,
  });
  const load = new Histogram({
    name: 'hornet_load_duration_seconds',
    help: 'From fetching to warming up, of models that were brought into memory.',
    labelNames: ['serving'],
    buckets: loadBuckets,
    registers,
  });
  const engines = new Counter({
    name: 'hornet_engines_total',
    help: 'Engines that were needed, by outcome: "fresh" (found on the volume), "built", or an error code.',
    labelNames: ['serving', 'outcome'],
    registers,
  });
  const build = new Histogram({
    name: 'hornet_engine_build_duration_seconds',
    help: 'How long engines took to build, where that came to an end.',
    labelNames: ['serving'],
    buckets: loadBuckets,
    registers,
  });
  const downloaded = new Counter({
    name: 'hornet_downloaded_bytes_total',
    help: 'Bytes of models that have come from the Hub.',
    labelNames: ['serving'],
    registers,
  });
  const onLoad = ({ serving, durationMs, errorCode }: LoadOutcome): void => {
    loads.inc({ serving, outcome: errorCode ?? 'ok' });
    if (errorCode === null) load.observe({ serving }, secondsIn(durationMs));
  };
  const onEngine = ({ serving, outcome, durationMs, errorCode }: EngineOutcome): void => {
    engines.inc({ serving, outcome: errorCode ?? outcome });
    if (outcome === 'built') build.observe({ serving }, secondsIn(durationMs));
  };
  const onDownload = ({ serving, bytes }: ServingEventMap['download'][0]): void => downloaded.inc({ serving }, bytes);
  for (const { name, events } of servings) {
    downloaded.inc({ serving: name }, 0);
    events.on('load', onLoad).on('engine', onEngine).on('download', onDownload);
  }
  return () => {
    for (const { events } of servings) events.off('load', onLoad).off('engine', onEngine).off('download', onDownload);
  };
}
