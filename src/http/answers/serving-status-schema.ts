import { z } from 'zod';
import type { BackendDevice } from '../../backend/backend.js';
import type { CpuReport } from '../../backend/onnxruntime/cpu-settings.js';
import { type ErrorCode, errorRegistry } from '../../errors/error-registry.js';
import {
  type ReplacementStatus,
  type ReportedError,
  type ServingStatus,
  servingStates,
} from '../../serving/serving-state.js';
import { schemaOf } from './schema-of.js';

/** Every code of the registry. */
export const errorCodeSchema: z.ZodType<ErrorCode> = z
  .enum(Object.keys(errorRegistry) as [ErrorCode, ...ErrorCode[]])
  .meta({ id: 'ErrorCode', description: 'Stable code of an error; codes are never reused.' });

const servingStateSchema = z
  .enum(servingStates)
  .meta({ id: 'ServingState', description: 'The first six are passed in this order while a model is loaded.' });

const percentSchema = z.number().min(0).max(100).nullable().describe('How far loading is, where that is known.');
const messageSchema = z.string().nullable().describe('What is going on, where there is more to say than the state.');

const reportedErrorSchema = schemaOf<ReportedError>()(
  z
    .object({ code: errorCodeSchema, message: z.string(), remedy: z.string() })
    .meta({ id: 'ReportedError', description: 'A failure as a status tells it.' }),
);

const backendDeviceSchema = schemaOf<BackendDevice>()(
  z
    .object({
      index: z.int().min(0).describe('Index among the devices that the process sees.'),
      name: z.string(),
      uuid: z.string(),
      computeCapability: z.string().describe('Such as `8.9`.'),
      library: z.string().describe('What runs there, such as `TensorRT-RTX 1.7.1`.'),
    })
    .meta({ id: 'BackendDevice', description: 'A GPU that a serving runs on.' }),
);

const cpuReportSchema = schemaOf<CpuReport>()(
  z
    .object({
      threads: z.int().min(1).describe('Threads that compute one batch.'),
      workers: z.int().min(1).describe('Batches that run side by side.'),
      batch: z.int().min(1).describe('Most images of a batch.'),
      loneThreads: z.int().min(0).describe('Threads for a batch that comes while no other one is run; 0: as many.'),
      measured: z.boolean().describe('Whether that was found best by measuring; else it was set, or is the default.'),
    })
    .meta({ id: 'CpuReport', description: 'How a serving runs on the CPU.' }),
);

const replacementStatusSchema = schemaOf<ReplacementStatus>()(
  z
    .object({
      state: servingStateSchema,
      percent: percentSchema,
      message: messageSchema,
      error: reportedErrorSchema.nullable(),
    })
    .meta({ id: 'ReplacementStatus', description: 'What is to take the place of the model, or was to.' }),
);

/** A serving as GET /models shows it. */
export const servingStatusSchema = schemaOf<ServingStatus>()(
  z
    .object({
      name: z.string().meta({ examples: ['digits'] }),
      model: z.string().describe('The model as it was asked for; of a path only the last segment.'),
      state: servingStateSchema,
      since: z.iso.datetime().describe('When it entered the state.'),
      percent: percentSchema,
      message: messageSchema,
      memory: z.enum(['preload', 'on-demand']).describe('Loaded at the start, or by the first request.'),
      backend: z.enum(['onnxruntime', 'tensorrt']).nullable().describe('What it runs on; null while it is not ready.'),
      devices: z.array(backendDeviceSchema).describe('GPUs that it runs on; empty on the CPU.'),
      cpu: cpuReportSchema.nullable().describe('How it runs on the CPU; null on GPUs, and while it is not ready.'),
      inFlight: z.int().min(0).describe('Images in it, from admission to answer.'),
      residentBytes: z
        .number()
        .min(0)
        .describe('Estimate of the memory that its model takes; 0 while it is not loaded.'),
      replacement: replacementStatusSchema.nullable(),
      error: reportedErrorSchema.nullable().describe('Why it failed, in states that have a reason.'),
    })
    .meta({ id: 'ServingStatus', description: 'A serving: a named, running model.' }),
);

/** The servings in the order in which they were named; the first is the default. */
export const servingStatusListSchema = z.array(servingStatusSchema).min(1);
