import { z } from 'zod';
import type { Duration, ServingStatisticsReport } from '../../telemetry/serving-statistics.js';
import { modelVersion } from './model-in-path.js';

const durationSchema = z.object({ count: z.int(), ns: z.int() });

const modelSchema = z.object({
  name: z.string(),
  version: z.string(),
  last_inference: z.int().describe('When a batch last ended, ms since the epoch; 0: never.'),
  inference_count: z.int().describe('Pictures that were answered.'),
  execution_count: z.int().describe('Batches that were run.'),
  inference_stats: z.object({
    success: durationSchema.describe('Of requests.'),
    fail: durationSchema.describe('Of requests.'),
    queue: durationSchema,
    compute_input: durationSchema,
    compute_infer: durationSchema,
    compute_output: durationSchema,
    cache_hit: durationSchema,
    cache_miss: durationSchema,
  }),
  batch_stats: z.array(
    z.object({
      batch_size: z.int(),
      compute_input: durationSchema,
      compute_infer: durationSchema,
      compute_output: durationSchema,
    }),
  ),
  memory_usage: z.array(z.unknown()),
});

/** Answer of GET /v2/models/stats and GET /v2/models/NAME/stats. */
export const statisticsSchema = z.object({ model_stats: z.array(modelSchema) });

const none = { count: 0, ns: 0 };

/**
 * What a model has done since the start of the process.
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_statistics.md
 */
export function modelStatistics(name: string, report: ServingStatisticsReport): z.infer<typeof modelSchema> {
  return {
    name,
    version: modelVersion,
    last_inference: Math.round(report.lastInferenceMs),
    inference_count: report.inferenceCount,
    execution_count: report.executionCount,
    inference_stats: {
      success: toNs(report.success),
      fail: toNs(report.fail),
      queue: toNs(report.queue),
      compute_input: toNs(report.computeInput),
      compute_infer: toNs(report.computeInfer),
      compute_output: toNs(report.computeOutput),
      // There is no cache of answers.
      cache_hit: none,
      cache_miss: none,
    },
    batch_stats: report.batches.map(({ size, computeInput, computeInfer, computeOutput }) => ({
      batch_size: size,
      compute_input: toNs(computeInput),
      compute_infer: toNs(computeInfer),
      compute_output: toNs(computeOutput),
    })),
    memory_usage: [],
  };
}

function toNs({ count, ms }: Duration): z.infer<typeof durationSchema> {
  return { count, ns: Math.round(ms * 1e6) };
}
