import { z } from 'zod';
import { readRecordFile, writeRecordFile } from '../../../engine/record-file.js';
import { fingerprintSchema } from './prepared-fingerprint.js';

/** The file whose rename makes a prepared model one. */
export const recordName = 'prepared.json';

const storedFile = (pattern: RegExp) =>
  z.object({
    /** Beside the record. */
    file: z.string().regex(pattern),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    bytes: z.number().int().nonnegative(),
  });

const count = z.number().int().min(0);

const measuredSchema = z.object({
  /** What it was measured for; 0: no matter. */
  request: z.object({ processors: count, threads: count, workers: count, maxBatch: count }),
  settings: z.object({ threads: count.min(1), workers: count.min(1), batch: count.min(1), loneThreads: count }),
  measurements: z.array(z.unknown()),
});

const recordSchema = z.object({
  fingerprint: fingerprintSchema,
  /** Both names have the same random part: the graph names the file of its weights. */
  graph: storedFile(/^model-[0-9a-f]{12}\.onnx$/),
  data: storedFile(/^model-[0-9a-f]{12}\.data$/),
  /** The model as it was asked for. */
  model: z.string(),
  preparedAt: z.string(),
  hornetVersion: z.string(),
  prepareMs: z.number(),
  /** States of the files whose hashes were found right, see `checkedStates`; null: not known. */
  checked: z.array(z.string()).nullable(),
  /** How the model is best run; null: not measured. */
  measured: measuredSchema.nullable(),
});

/** What prepared.json says. */
export type PreparedRecord = Readonly<z.infer<typeof recordSchema>>;
/** How a model is best run on the CPU, and what that was found for. */
export type MeasuredSettings = Readonly<z.infer<typeof measuredSchema>>;

/** The record in a folder; null where there is none; `unreadable` for one that this version cannot understand. */
export function readRecord(folder: string): Promise<PreparedRecord | 'unreadable' | null> {
  return readRecordFile(folder, recordName, recordSchema);
}

/** Writes the record beside the files: a crash leaves the one from before, or this one. */
export function writeRecord(folder: string, record: PreparedRecord): Promise<void> {
  return writeRecordFile(folder, recordName, recordSchema.parse(record));
}
