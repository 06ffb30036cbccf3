import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { type ClassifierModel, dtypes } from '../../../model/classifier-model.js';
import { type ProcessorKind, processorKind } from './processor-kind.js';

/** Raised when what preparing does changes: the options of the session, the record, the meaning of a field. */
export const preparedFormat = 1;

/** Shape of {@link PreparedFingerprint} in prepared.json. */
export const fingerprintSchema = z.object({
  format: z.number(),
  onnx: z.object({ sha256: z.string(), externalData: z.record(z.string(), z.string()) }),
  precision: z.enum(dtypes),
  /** Version of onnxruntime-node. */
  onnxruntime: z.string(),
  processor: z.object({ architecture: z.string(), features: z.array(z.string()) }),
});

/** Everything that decides whether a stored prepared model is the one that is wanted. */
export type PreparedFingerprint = Readonly<z.infer<typeof fingerprintSchema>>;

/** All of a fingerprint that is known without reading the model's files. */
export type FingerprintOfRest = Omit<PreparedFingerprint, 'onnx'>;

/** What the prepared model that is wanted must be, whatever the content of the model's files. */
export function fingerprintOfRest(
  { dtype }: Pick<ClassifierModel, 'dtype'>,
  { architecture, features }: ProcessorKind = processorKind(),
): FingerprintOfRest {
  return {
    format: preparedFormat,
    precision: dtype,
    onnxruntime: onnxRuntimeVersion(),
    processor: { architecture, features: [...features] },
  };
}

/** Whether two fingerprints are of the same files of a model. */
export function isSameModel(one: PreparedFingerprint['onnx'], other: PreparedFingerprint['onnx']): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** How a stored one differs from the wanted one, in words that complete "stale: "; empty: it does not. */
export function comparePrepared(stored: PreparedFingerprint, wanted: PreparedFingerprint): string[] {
  const differences: string[] = [];
  if (stored.format !== wanted.format) {
    differences.push(`format of prepared models ${wanted.format} instead of ${stored.format}`);
  }
  if (!isSameModel(stored.onnx, wanted.onnx)) differences.push('the ONNX file has changed');
  if (stored.onnxruntime !== wanted.onnxruntime) {
    differences.push(`version of onnxruntime ${wanted.onnxruntime} instead of ${stored.onnxruntime}`);
  }
  return differences;
}

/**
 * What a stored one is to who wants another: the same one, out of date, or one for another processor (which a shared
 * volume may hold for another machine) or of another ONNX file of the model.
 */
export function relationOf(stored: PreparedFingerprint, wanted: PreparedFingerprint): 'fresh' | 'stale' | 'other' {
  const isOther =
    stored.precision !== wanted.precision || JSON.stringify(stored.processor) !== JSON.stringify(wanted.processor);
  if (isOther) return 'other';
  return comparePrepared(stored, wanted).length === 0 ? 'fresh' : 'stale';
}

let version: string | undefined;

/** Read from its manifest: loading the library takes longer, and is for workers. */
function onnxRuntimeVersion(): string {
  if (version === undefined) {
    const path = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    ({ version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string });
  }
  return version;
}
