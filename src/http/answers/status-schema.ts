import { z } from 'zod';
import type { Finding } from '../../gpu/finding.js';
import type { CudaDevice } from '../../native/tensorrt-types.js';
import type { ComputeShare } from '../../serving/batching/compute-shares.js';
import type { MemoryReport } from '../../serving/memory-report.js';
import type { ServingReport } from '../../serving/serving-manager.js';
import type { StorageUsage, VolumeUsage } from '../../telemetry/volume-usage.js';
import { schemaOf } from './schema-of.js';
import { servingStatusSchema } from './serving-status-schema.js';

const bytesSchema = z.number().min(0);

const servingReportSchema = schemaOf<ServingReport>()(
  servingStatusSchema
    .extend({
      retryInMs: z.number().nullable().describe('When a failed one is tried again, ms from now; null where it is not.'),
    })
    .meta({ id: 'ServingReport', description: 'A serving, and when it is tried again.' }),
);

const storageSchema = schemaOf<StorageUsage>()(
  z
    .object({ bytes: bytesSchema, freeBytes: bytesSchema.nullable() })
    .meta({ id: 'StorageUsage', description: 'What something takes on its file system, and what that has left.' }),
);

const deviceSchema = schemaOf<
  CudaDevice & { library: { flavour: 'tensorrt' | 'tensorrt-rtx'; version: string | null } | null }
>()(
  z.object({
    index: z.int().min(0),
    name: z.string(),
    uuid: z.string(),
    computeCapability: z.string(),
    totalMemoryBytes: bytesSchema,
    library: z
      .object({ flavour: z.enum(['tensorrt', 'tensorrt-rtx']), version: z.string().nullable() })
      .nullable()
      .describe('The TensorRT that would be used for it; null: none of those that are there.'),
  }),
);

const problemSchema = schemaOf<Finding>()(
  z.object({
    subject: z.enum(['addon', 'driver', 'device', 'tensorrt']),
    problem: z.string(),
    remedy: z.string(),
  }),
);

const memorySchema = schemaOf<MemoryReport & { processBytes: number }>()(
  z.object({
    maxLoaded: z.int().min(0).describe('How many models may be loaded at once; 0: as many as there is room for.'),
    maxResidentBytes: bytesSchema.describe('What all models together may take; 0: what the machine has.'),
    availableBytes: bytesSchema.nullable(),
    residents: z.array(z.object({ serving: z.string(), bytes: bytesSchema, state: z.enum(['loading', 'loaded']) })),
    waiting: z.int().min(0).describe('Loads that wait for memory.'),
    processBytes: bytesSchema.describe('Resident memory of the process.'),
  }),
);

const shareSchema = schemaOf<ComputeShare>()(
  z.object({
    resource: z.string().describe('`cpu`, or the UUID of a GPU.'),
    serving: z.string(),
    busyMs: z.number().min(0),
    runs: z.int().min(0),
    waiting: z.int().min(0),
  }),
);

/** GET /status. */
export const statusSchema = z
  .object({
    version: z.string(),
    accepting: z.boolean().describe('False as soon as the server is told to end.'),
    uptimeMs: z.int().min(0),
    gpu: z
      .object({
        access: z.boolean().nullable().describe('Null where the driver has not answered in time.'),
        summary: z.string(),
        devices: z.array(deviceSchema),
        problems: z.array(problemSchema),
      })
      .nullable()
      .describe('What the GPU probe says; null where no serving may use a GPU.'),
    servings: z.array(servingReportSchema),
    memory: memorySchema,
    compute: z.array(shareSchema).describe('What each serving has used of the devices.'),
    volume: schemaOf<VolumeUsage>()(
      z.object({ weights: storageSchema, engines: storageSchema, prepared: storageSchema }),
    ),
  })
  .meta({ id: 'ServerStatus', description: 'Everything at once, in ms and bytes; no paths of files.' });
