import { z } from 'zod';
import { fingerprintSchema } from './engine-fingerprint.js';
import { readRecordFile, writeRecordFile } from './record-file.js';

/** The file whose rename makes an engine one. */
export const recordName = 'engine.json';

const shape = z.array(z.number());
const tensors = z.array(z.object({ name: z.string(), dtype: z.string(), shape }));

const recordSchema = z.object({
  fingerprint: fingerprintSchema,
  plan: z.object({
    /** Beside the record. */
    file: z.string().regex(/^[0-9a-f]{64}\.plan$/),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.number().int().nonnegative(),
  }),
  /** The model as it was asked for. */
  model: z.string(),
  builtAt: z.string(),
  hornetVersion: z.string(),
  graph: z.object({
    inputName: z.string(),
    outputName: z.string(),
    /** Images per run: any number up to the profile's largest, or one fixed number. */
    batch: z.union([z.literal('dynamic'), z.number()]),
    /** A sentence where the number is fixed; null where it is not. */
    fixedBatchBecause: z.string().nullable(),
    layers: z.number(),
    inputs: tensors,
    outputs: tensors,
  }),
  /** Milliseconds. */
  timings: z.object({ prepareMs: z.number(), parseMs: z.number(), buildMs: z.number(), totalMs: z.number() }),
  /** Compute capabilities that the builder takes though NVIDIA does not list them. */
  unlisted: z.array(z.string()),
});

/** What engine.json says. */
export type EngineRecord = Readonly<z.infer<typeof recordSchema>>;

/** The record in a folder; null where there is none; `unreadable` for one that this version cannot understand. */
export function readRecord(folder: string): Promise<EngineRecord | 'unreadable' | null> {
  return readRecordFile(folder, recordName, recordSchema);
}

/** Writes the record beside its plan: a crash leaves the one from before, or this one. */
export function writeRecord(folder: string, record: EngineRecord): Promise<void> {
  return writeRecordFile(folder, recordName, recordSchema.parse(record));
}
