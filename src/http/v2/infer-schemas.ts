import { z } from 'zod';
import { activations } from '../../onnx/graph-info.js';

const datatypes = ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64'] as const;
/** Datatypes of the protocol. */
const datatypeSchema = z.enum([...datatypes, 'FP16', 'FP32', 'FP64', 'BF16', 'BYTES']);

/** Checked by hand: a schema would copy it, element by element. */
const dataSchema = z.unknown().meta({
  type: 'array',
  items: {},
  description:
    'The elements, flat or nested as the shape says: numbers, or for BYTES strings with the base64 of a picture each.',
});

/** Inputs, or outputs, that are looked at: more than there are, for good messages. */
export const maxTensors = 16;
/** Dimensions of a shape that are looked at. */
export const maxDimensions = 8;

/** Names come back in messages, so there is an end to them. */
const nameSchema = z.string().max(1024);

/** One tensor of a request. */
const inferInputSchema = z.looseObject({
  name: nameSchema,
  datatype: datatypeSchema,
  shape: z.array(z.int().min(0)).min(1).max(maxDimensions),
  parameters: z
    .looseObject({
      binary_data_size: z
        .int()
        .min(0)
        .nullish()
        .describe('Bytes of the tensor after the JSON, in the order of inputs.'),
      shared_memory_region: z.never({ error: 'shared memory is not supported' }).nullish(),
    })
    .nullish(),
  data: dataSchema.nullish(),
});

const outputSchema = z.looseObject({
  name: nameSchema,
  parameters: z
    .looseObject({
      binary_data: z.boolean().nullish().describe('Default: binary_data_output of the request.'),
      classification: z
        .int()
        .min(0)
        .nullish()
        .describe('Instead of the scores, the best so many classes as BYTES "score:index:label"; 0: the scores.'),
      shared_memory_region: z.never({ error: 'shared memory is not supported' }).nullish(),
    })
    .nullish(),
});

const noSequence = 'sequences are not supported: every request stands by itself';

/**
 * The JSON of POST /v2/models/NAME/infer. Fields and parameters that are not named here are
 * passed over. Null is the same as nothing: clients send what was not set as null.
 */
export const inferRequestSchema = z.looseObject({
  id: z.string().max(4096).nullish().describe('Comes back in the answer.'),
  parameters: z
    .looseObject({
      binary_data_output: z.boolean().nullish().describe('Answer outputs in binary unless they say otherwise.'),
      timeout: z.int().min(0).nullish().describe('Deadline in microseconds, where it is shorter; 0: none.'),
      priority: z.union([z.number(), z.string()]).nullish().describe('Taken and passed over.'),
      function_to_apply: z
        .enum(activations)
        .nullish()
        .describe('To the scores, as the model gives them; default none.'),
      sequence_id: z.union([z.literal(0), z.literal('')], { error: noSequence }).nullish(),
      sequence_start: z.literal(false, { error: noSequence }).nullish(),
      sequence_end: z.literal(false, { error: noSequence }).nullish(),
    })
    .nullish(),
  inputs: z.array(inferInputSchema).min(1).max(maxTensors),
  outputs: z.array(outputSchema).max(maxTensors).nullish(),
});

export type InferInput = z.infer<typeof inferInputSchema>;
export type InferRequest = z.infer<typeof inferRequestSchema>;

/** The JSON of its answer. Where an output is binary its elements come after the JSON. */
export const inferAnswerSchema = z.object({
  model_name: z.string(),
  model_version: z.string(),
  id: z.string().optional(),
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.enum(['FP32', 'BYTES']),
      shape: z.array(z.int()),
      parameters: z.object({ binary_data_size: z.int() }).optional(),
      data: z
        .array(z.union([z.number().nullable(), z.string()]))
        .optional()
        .describe('Flat. A score that is not finite is null, as JSON has no number for it; in binary it is itself.'),
    }),
  ),
});

export type InferAnswer = z.infer<typeof inferAnswerSchema>;
