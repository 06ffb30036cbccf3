import { open } from 'node:fs/promises';
import { unlessMissing } from './has-error-code.js';
import type { ProcessIdentity } from './process-identity.js';

/** What a lock file says. */
export interface LockRecord extends ProcessIdentity {
  /** Random; one acquisition, one id. */
  readonly id: string;
  /** ISO 8601, by the holder's clock; for messages only. */
  readonly createdAt: string;
}

/** A lock file as found. */
export interface LockState {
  /** Names this very acquisition: its id, or what the inode says where the file is unreadable. */
  readonly key: string;
  /** `undefined` for a file that is not ours or was cut short. */
  readonly record: LockRecord | undefined;
  /** Last heartbeat, milliseconds, by the clock of the file system. */
  readonly mtimeMs: number;
}

/** The text of a lock file. Begins with "{", which the heartbeat writes again in place. */
export function formatLockRecord(record: LockRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** The record in the text of a lock file; `undefined` when it is not one. */
export function parseLockRecord(text: string): LockRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, createdAt, host, bootId, pidNamespace, pid, startTime } = value as Partial<Record<string, unknown>>;
  const texts = [id, createdAt, host, bootId, pidNamespace, startTime];
  if (!texts.every((text) => typeof text === 'string') || typeof pid !== 'number' || !Number.isSafeInteger(pid)) {
    return undefined;
  }
  // A pid of 0 or less would ask after a whole process group; an id becomes part of a file name.
  if (pid <= 0 || !/^[0-9a-z]{1,64}$/.test(String(id))) return undefined;
  return value as LockRecord;
}

/** The lock file at `path`, or `undefined` when there is none. */
export async function readLockFile(path: string): Promise<LockState | undefined> {
  const handle = await unlessMissing(open(path, 'r'));
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    const record = parseLockRecord(await handle.readFile('utf8'));
    const key = record?.id ?? `unreadable${stats.ino.toString(36)}t${stats.mtimeNs.toString(36)}`;
    return { key, record, mtimeMs: Number(stats.mtimeNs / 1000n) / 1000 };
  } finally {
    await handle.close();
  }
}
