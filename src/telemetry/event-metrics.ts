import { Counter, Histogram, type Registry } from 'prom-client';
import type {
  BatchReport,
  ImageOutcome,
  RequestOutcome,
  ServingEvents,
  Span,
  StateChange,
} from '../serving/serving-events.js';
import { batchBuckets, requestBuckets, secondsIn } from './metric-buckets.js';

/**
 * Metrics of the way of images through servings, from the servings' events.
 * @returns ends the listening
 */
export function collectWork(registry: Registry, servings: readonly { readonly events: ServingEvents }[]): () => void {
  const registers = [registry];
  const requests = new Counter({
    name: 'hornet_requests_total',
    help: 'Requests for labels that a serving was asked, or would have been, by outcome: "ok", or an error code.',
    labelNames: ['serving', 'outcome'],
    registers,
  });
  const stage = new Histogram({
    name: 'hornet_stage_duration_seconds',
    help: 'How long images were in each stage, where they came through it.',
    labelNames: ['serving', 'stage'],
    buckets: requestBuckets,
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
    buckets: requestBuckets,
    registers,
  });
  const queue = new Histogram({
    name: 'hornet_queue_duration_seconds',
    help: 'How long images that were answered had waited, for a decoder and for a place in a batch.',
    labelNames: ['serving'],
    buckets: requestBuckets,
    registers,
  });
  const batch = new Histogram({
    name: 'hornet_batch_duration_seconds',
    help: 'How long batches ran, by what they ran on: "cpu", or the uuid of a GPU.',
    labelNames: ['serving', 'resource'],
    buckets: requestBuckets,
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
  const onRequest = ({ serving, errorCode }: RequestOutcome): void =>
    requests.inc({ serving, outcome: errorCode ?? 'ok' });
  const onSpan = ({ serving, stage: name, durationMs, errorCode }: Span): void => {
    if (errorCode === null) stage.observe({ serving, stage: name }, secondsIn(durationMs));
    else stageFailures.inc({ serving, stage: name, code: errorCode });
  };
  const onImage = ({ serving, durationMs, errorCode, timings }: ImageOutcome): void => {
    images.inc({ serving, outcome: errorCode ?? 'ok' });
    if (errorCode === null) image.observe({ serving }, secondsIn(durationMs));
    if (timings !== null) queue.observe({ serving }, secondsIn(timings.queue + timings.batch));
  };
  const onBatch = ({ serving, resource, size, durationMs, errorCode }: BatchReport): void => {
    batches.inc({ serving, outcome: errorCode ?? 'ok' });
    batchSize.observe({ serving }, size);
    batch.observe({ serving, resource }, secondsIn(durationMs));
  };
  const onState = ({ serving, state }: StateChange): void => changes.inc({ serving, state });
  for (const { events } of servings) {
    events.on('request', onRequest).on('span', onSpan).on('image', onImage).on('batch', onBatch).on('state', onState);
  }
  return () => {
    for (const { events } of servings) {
      events.off('request', onRequest).off('span', onSpan).off('image', onImage);
      events.off('batch', onBatch).off('state', onState);
    }
  };
}
