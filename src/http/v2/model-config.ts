import { z } from 'zod';
import type { ModelSignature } from '../../serving/model-signature.js';
import { pictureInput, platformOf } from './model-metadata.js';

const inputSchema = z.object({
  name: z.string(),
  data_type: z.enum(['TYPE_FP32', 'TYPE_FP16', 'TYPE_UINT8', 'TYPE_STRING']),
  format: z.enum(['FORMAT_NONE', 'FORMAT_NCHW', 'FORMAT_NHWC']),
  dims: z.array(z.int()).describe('Of one picture.'),
  reshape: z.object({ shape: z.array(z.int()) }).optional(),
  optional: z.boolean().describe('True: a request gives one of the inputs, not all.'),
});

const outputSchema = z.object({
  name: z.string(),
  data_type: z.literal('TYPE_FP32'),
  dims: z.array(z.int()),
  label_filename: z.string(),
});

/** Answer of GET /v2/models/NAME/config, in the shape of Triton's model configuration. */
export const modelConfigSchema = z.object({
  name: z.string(),
  platform: z.enum(['onnxruntime_onnx', 'tensorrt_plan']),
  backend: z.enum(['onnxruntime', 'tensorrt']),
  version_policy: z.object({ latest: z.object({ num_versions: z.literal(1) }) }),
  max_batch_size: z
    .int()
    .describe('Most pictures that run together; a request may have more, up to a limit of its own.'),
  input: z.array(inputSchema),
  output: z.array(outputSchema),
  dynamic_batching: z.object({
    preferred_batch_size: z.array(z.int()),
    max_queue_delay_microseconds: z.int(),
  }),
  instance_group: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['KIND_CPU', 'KIND_GPU']),
      count: z.int().describe('Batches that are under way at once, on each GPU.'),
      gpus: z.array(z.int()),
    }),
  ),
});

/**
 * How a model runs.
 * @param maxImages most pictures of a request: what clients take the batch size for
 * @see https://github.com/triton-inference-server/common/blob/main/protobuf/model_config.proto
 */
export function modelConfig(
  name: string,
  signature: ModelSignature,
  maxImages: number,
): z.infer<typeof modelConfigSchema> {
  const { backend, input, output, devices, slotsPerDevice, workers, maxBatch, batchSizes, maxDelayMs } = signature;
  const isOnGpu = backend === 'tensorrt';
  return {
    name,
    platform: platformOf(signature),
    backend,
    version_policy: { latest: { num_versions: 1 } },
    max_batch_size: Math.min(maxBatch, maxImages),
    input: [
      {
        name: input.name,
        data_type: `TYPE_${input.datatype}`,
        format: input.shape[0] === 3 ? 'FORMAT_NCHW' : 'FORMAT_NHWC',
        dims: [...input.shape],
        optional: true,
      },
      {
        name: pictureInput(signature),
        data_type: 'TYPE_STRING',
        format: 'FORMAT_NONE',
        dims: [1],
        reshape: { shape: [] },
        optional: true,
      },
    ],
    output: [{ name: output.name, data_type: 'TYPE_FP32', dims: [output.classes], label_filename: '' }],
    dynamic_batching: {
      preferred_batch_size: [...batchSizes],
      max_queue_delay_microseconds: Math.round(maxDelayMs * 1000),
    },
    instance_group: [
      {
        name,
        kind: isOnGpu ? 'KIND_GPU' : 'KIND_CPU',
        // On the CPU one a worker, however many batches are filled meanwhile.
        count: isOnGpu ? slotsPerDevice : workers,
        gpus: devices.map(({ index }) => index),
      },
    ],
  };
}
