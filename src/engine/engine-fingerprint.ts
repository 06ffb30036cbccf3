import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ClassifierModel, dtypes } from '../model/classifier-model.js';
import type { NativeBuildOptions, TensorRtLibrary } from '../native/tensorrt-types.js';
import { hashModelFiles } from './hash-weights.js';

/** Raised when what Hornet puts into an engine changes: the front of the graph, the record, the meaning of a field. */
export const engineFormat = 1;

/** What an engine runs on: the GPU that it was built on, or compute capabilities named ahead of time. */
export const hardwareSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('gpu'), name: z.string(), computeCapability: z.string() }),
  z.object({ kind: z.literal('targets'), computeCapabilities: z.array(z.string()).min(1) }),
]);

export type EngineHardware = Readonly<z.infer<typeof hardwareSchema>>;

/** Shape of {@link EngineFingerprint} in engine.json. */
export const fingerprintSchema = z.object({
  format: z.number(),
  onnx: z.object({ sha256: z.string(), externalData: z.record(z.string(), z.string()) }),
  precision: z.enum(dtypes),
  tensorrt: z.object({ flavour: z.enum(['tensorrt', 'tensorrt-rtx']), version: z.string() }),
  hardware: hardwareSchema,
  profile: z.object({ min: z.number(), opt: z.number(), max: z.number() }),
  builder: z.object({
    workspaceBytes: z.number().nullable(),
    optimizationLevel: z.number().nullable(),
    hardwareCompatibility: z.enum(['none', 'ampere-plus', 'same-compute-capability']),
    versionCompatible: z.boolean(),
  }),
  preprocessing: z.object({
    width: z.number(),
    height: z.number(),
    channels: z.enum(['RGB', 'BGR']),
    /** sha256 of the 768 float32 values that the pixels become. */
    values: z.string(),
  }),
});

/** Everything that decides whether a stored engine is the one that is wanted. */
export type EngineFingerprint = Readonly<z.infer<typeof fingerprintSchema>>;

/** How the builder is told to work. */
export type BuilderFlags = Pick<
  NativeBuildOptions,
  'workspaceBytes' | 'optimizationLevel' | 'hardwareCompatibility' | 'versionCompatible'
>;

/** What TensorRT does when nobody says otherwise. */
export const defaultBuilderFlags: BuilderFlags = {
  workspaceBytes: null,
  optimizationLevel: null,
  hardwareCompatibility: 'none',
  versionCompatible: false,
};

/** The fingerprint of the engine that is wanted; reads the ONNX file and its external data once. */
export async function engineFingerprint(
  model: ClassifierModel,
  wanted: {
    readonly library: TensorRtLibrary;
    readonly hardware: EngineHardware;
    readonly maxBatch: number;
    readonly builder: BuilderFlags;
  },
  signal?: AbortSignal,
): Promise<EngineFingerprint> {
  const { library, hardware, maxBatch, builder } = wanted;
  const { table, flipChannels } = model.processor;
  return {
    format: engineFormat,
    onnx: await hashModelFiles(model, signal),
    precision: model.dtype,
    tensorrt: { flavour: library.flavour, version: library.version ?? 'unknown' },
    hardware,
    profile: { min: 1, opt: maxBatch, max: maxBatch },
    builder: { ...builder },
    preprocessing: {
      ...model.imageSize,
      channels: flipChannels ? 'BGR' : 'RGB',
      values: createHash('sha256')
        .update(new Uint8Array(table.buffer, table.byteOffset, table.byteLength))
        .digest('hex'),
    },
  };
}
