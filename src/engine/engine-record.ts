import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncFolder } from '../hub/cache/durable-folder.js';
import { unlessMissing } from '../locks/has-error-code.js';
import { fingerprintSchema } from './engine-fingerprint.js';

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
export async function readRecord(folder: string): Promise<EngineRecord | 'unreadable' | null> {
  const text = await unlessMissing(readFile(join(folder, recordName), 'utf8'));
  if (text === undefined) return null;
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

/** Writes the record beside its plan: a crash leaves the one from before, or this one. */
export async function writeRecord(folder: string, record: EngineRecord): Promise<void> {
  const temporary = join(folder, `.${recordName}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(`${JSON.stringify(recordSchema.parse(record), null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(folder, recordName));
  await syncFolder(folder);
}
