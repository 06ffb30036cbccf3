import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { makeFolder } from '../hub/cache/durable-folder.js';
import { unlessMissing } from '../locks/has-error-code.js';
import { toStorageError } from '../locks/storage-error.js';
import { withFileLock } from '../locks/with-file-lock.js';

/**
 * Folders named by the fingerprint of what is in them, below that of a model: MODEL/FINGERPRINT/ with files and the
 * record that makes them count. Whoever writes holds the lock beside the folder.
 */

/** Whether a file of such a folder is to stay there. */
export type Belongs = (name: string) => boolean;

/** A folder of what is not wanted any more. */
export interface StaleFolder {
  readonly folder: string;
  /** Why, in words. */
  readonly reasons: readonly string[];
}

/** What is to be done with a folder: nothing, sweep it, or remove it, which is told where it was more than a leftover. */
export type FolderVerdict =
  | { readonly kind: 'tidy' | 'leftover' }
  | { readonly kind: 'untidy'; readonly belongs: Belongs }
  | { readonly kind: 'stale'; readonly stale: StaleFolder };

/** Beside the folder, so that the folder can be removed under it. */
export function lockOf(folder: string): string {
  return `${folder}.lock`;
}

/** Folders of a model, the preferred one first. */
export async function fingerprintFolders(modelFolder: string, preferred: string): Promise<string[]> {
  const entries = (await unlessMissing(readdir(modelFolder, { withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{64}$/.test(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => Number(b === preferred) - Number(a === preferred) || (a < b ? -1 : 1))
    .map((name) => join(modelFolder, name));
}

/**
 * A new folder in `folder` for one try, under the lock; what does not belong there, such as what killed tries left, is
 * removed first.
 * @throws ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export async function stageIn(folder: string, belongs: Belongs): Promise<string> {
  try {
    await makeFolder(folder);
    await sweepFolder(folder, belongs);
    const staging = join(folder, `.build-${randomBytes(6).toString('hex')}`);
    await mkdir(staging);
    return staging;
  } catch (error) {
    throw toStorageError(error, folder);
  }
}

/** Removes what a try leaves, under the lock: also the folder that it was in, where that is empty. */
export async function discardStaging(staging: string): Promise<void> {
  await rm(staging, { recursive: true, force: true });
  // Not empty: something has come of an earlier one.
  await rmdir(dirname(staging)).catch(() => {});
}

/** Removes everything from a folder but what belongs there. */
export async function sweepFolder(folder: string, belongs: Belongs): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!belongs(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** What is to be done with a folder that is to stay. */
export async function tidiness(folder: string, belongs: Belongs): Promise<FolderVerdict> {
  const names = (await unlessMissing(readdir(folder))) ?? [];
  return names.every(belongs) ? { kind: 'tidy' } : { kind: 'untidy', belongs };
}

/**
 * Removes those of a model's folders that are to go, and what killed processes left, their locks included. What another
 * process holds the lock of stays.
 * @param recordName the file without which a folder counts for nothing
 * @returns the stale ones that are gone
 */
export async function pruneFolders(
  modelFolder: string,
  recordName: string,
  judge: (folder: string) => Promise<FolderVerdict>,
): Promise<StaleFolder[]> {
  const removed: StaleFolder[] = [];
  const locked = await lockedFolders(modelFolder);
  for (const folder of new Set([...(await fingerprintFolders(modelFolder, '')), ...locked])) {
    if (!locked.has(folder) && (await judge(folder)).kind === 'tidy') continue;
    try {
      // A lock that a killed process left is taken over, and goes when it is released.
      await withFileLock(lockOf(folder), { timeoutMs: 0 }, async () => {
        const verdict = await judge(folder);
        if (verdict.kind === 'tidy') return;
        if (verdict.kind === 'untidy') {
          await sweepFolder(folder, verdict.belongs);
          return;
        }
        // Without its record it counts for nothing, so a crash from here on leaves a leftover and nothing half.
        await rm(join(folder, recordName), { force: true });
        await rm(folder, { recursive: true, force: true });
        if (verdict.kind === 'stale') removed.push(verdict.stale);
      });
    } catch (error) {
      if (!(error instanceof HornetError && error.code === 'ERR_LOCK_TIMEOUT')) throw error;
    }
  }
  return removed;
}

/** Folders beside which there is a lock, held or left, or what was left in taking it; they need not exist. */
async function lockedFolders(modelFolder: string): Promise<Set<string>> {
  const names = (await unlessMissing(readdir(modelFolder))) ?? [];
  const fingerprints = names.flatMap((name) => /^([0-9a-f]{64})\.lock/.exec(name)?.slice(1) ?? []);
  return new Set(fingerprints.map((fingerprint) => join(modelFolder, fingerprint)));
}
