import { Counter, Gauge, type Registry } from 'prom-client';
import type { ErrorCode } from '../errors/error-registry.js';
import type { RequestOutcome, ServingEvents } from '../serving/serving-events.js';
import type { Duration, ServingStatistics, ServingStatisticsReport } from './serving-statistics.js';

/** A serving, as its metrics under Triton's names need it. */
export interface TritonServing {
  readonly name: string;
  readonly events: ServingEvents;
  /** Images in it, from admission to answer. */
  readonly inFlight: number;
  /** Of those, images that are being run. */
  readonly running: number;
}

/** Triton's reasons of failures. */
export const failureReasons = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Refused, or not reached in time. */
const rejections: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ERR_QUEUE_FULL',
  'ERR_DEADLINE_EXCEEDED',
  'ERR_SERVING_LOADING',
  'ERR_SERVING_CLOSED',
  'ERR_SERVING_UNLOADED',
]);

const ofBackends = /^ERR_(BACKEND|GPU|TENSORRT|ENGINE)_/;

/** What Triton would call the reason of a failure. */
export function failureReason(code: ErrorCode): FailureReason {
  if (rejections.has(code)) return 'REJECTED';
  if (code === 'ERR_CANCELLED') return 'CANCELED';
  return ofBackends.test(code) ? 'BACKEND' : 'OTHER';
}

/** There is one version of each model, and the inference protocol calls it so. */
const version = '1';

/** Triton counts time in whole microseconds. */
const microsecondsOf = ({ ms }: Duration): number => Math.round(ms * 1000);

/** Counters that are sums of {@link ServingStatistics}, with the value of each. */
const sums: readonly (readonly [name: string, help: string, value: (report: ServingStatisticsReport) => number])[] = [
  ['nv_inference_request_success', 'Requests that were answered.', ({ success }) => success.count],
  ['nv_inference_count', 'Images that were answered.', ({ inferenceCount }) => inferenceCount],
  ['nv_inference_exec_count', 'Batches that ended well.', ({ executionCount }) => executionCount],
  [
    'nv_inference_request_duration_us',
    'Time that requests took which were answered, from when their files were there; microseconds.',
    ({ success }) => microsecondsOf(success),
  ],
  [
    'nv_inference_queue_duration_us',
    'Time that images waited, for a decoder and for a place in a batch; microseconds.',
    ({ queue }) => microsecondsOf(queue),
  ],
  [
    'nv_inference_compute_input_duration_us',
    'Time for decoding and preprocessing of images; microseconds.',
    ({ computeInput }) => microsecondsOf(computeInput),
  ],
  [
    'nv_inference_compute_infer_duration_us',
    'Time that images waited for the device, and were run on it; microseconds.',
    ({ computeInfer }) => microsecondsOf(computeInfer),
  ],
  [
    'nv_inference_compute_output_duration_us',
    'Time from scores to labels; microseconds.',
    ({ computeOutput }) => microsecondsOf(computeOutput),
  ],
];

/**
 * Metrics under the names that Triton has for the same, so that dashboards and autoscalers made for it work.
 * @returns ends the listening
 * @see https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md
 */
export function collectTriton(
  registry: Registry,
  servings: readonly TritonServing[],
  statistics: Pick<ServingStatistics, 'report'>,
): () => void {
  const registers = [registry];
  for (const [name, help, value] of sums) {
    new Counter({
      name,
      help,
      labelNames: ['model', 'version'],
      registers,
      collect() {
        this.reset();
        for (const { name: model } of servings) this.inc({ model, version }, value(statistics.report(model)));
      },
    });
  }
  new Gauge({
    name: 'nv_inference_pending_request_count',
    help: 'Images that were admitted and are not being run yet.',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      for (const { name: model, inFlight, running } of servings) {
        this.set({ model, version }, Math.max(0, inFlight - running));
      }
    },
  });
  const failures = new Counter({
    name: 'nv_inference_request_failure',
    help: 'Requests that were refused or failed, by reason.',
    labelNames: ['model', 'version', 'reason'],
    registers,
  });
  const onRequest = ({ serving: model, errorCode }: RequestOutcome): void => {
    if (errorCode !== null) failures.inc({ model, version, reason: failureReason(errorCode) });
  };
  for (const { name: model, events } of servings) {
    for (const reason of failureReasons) failures.inc({ model, version, reason }, 0);
    events.on('request', onRequest);
  }
  return () => {
    for (const { events } of servings) events.off('request', onRequest);
  };
}
