import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { syncFolder } from '../hub/cache/durable-folder.js';
import { unlessMissing } from '../locks/has-error-code.js';

/** The record in a folder; null where there is none; `unreadable` for one that this version cannot understand. */
export async function readRecordFile<T>(
  folder: string,
  name: string,
  schema: z.ZodType<T>,
): Promise<T | 'unreadable' | null> {
  const text = await unlessMissing(readFile(join(folder, name), 'utf8'));
  if (text === undefined) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return 'unreadable';
  }
}

/** Writes a record beside what it describes: a crash leaves the one from before, or this one. */
export async function writeRecordFile(folder: string, name: string, record: unknown): Promise<void> {
  const temporary = join(folder, `.${name}.${randomBytes(6).toString('hex')}.tmp`);
  const handle = await open(temporary, 'wx');
  try {
    await handle.writeFile(`${JSON.stringify(record, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(folder, name));
  await syncFolder(folder);
}
