import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HornetError } from '../errors/hornet-error.js';
import { makeFolder, syncFolder } from '../hub/cache/durable-folder.js';
import { unlessMissing } from '../locks/has-error-code.js';
import type { HeldLock } from '../locks/hold-lock.js';
import { toStorageError } from '../locks/storage-error.js';
import { type FileLockOptions, withFileLock } from '../locks/with-file-lock.js';
import { compareFingerprints, relationOf } from './compare-fingerprints.js';
import { type EngineFingerprint, fingerprintName } from './engine-fingerprint.js';
import { hornetHome } from './engine-names.js';
import { type EngineRecord, readRecord, recordName, writeRecord } from './engine-record.js';
import { hashFile } from './hash-file.js';
import { isRuntimeCache } from './runtime-cache.js';

/** An engine that is whole. */
export interface StoredEngine {
  readonly folder: string;
  readonly planPath: string;
  readonly record: EngineRecord;
  /** `baked`: what an image carries, read-only. */
  readonly source: 'volume' | 'baked';
}

/** An engine on the volume that is not what is wanted any more. */
export interface StaleEngine {
  readonly folder: string;
  /** Why, in words. */
  readonly reasons: readonly string[];
}

/** What was found for a fingerprint. */
export interface EngineSearch {
  readonly engine: StoredEngine | null;
  /** Of the volume only. */
  readonly stale: readonly StaleEngine[];
  /** Engines that would have been the right ones. */
  readonly damaged: readonly HornetError[];
}

/** A build in the making; nothing of it counts before {@link EngineStore.commit}. */
export interface Staging {
  /** Folder on the same file system, for this build alone. */
  readonly folder: string;
  readonly planPath: string;
}

/**
 * Engines on the volume: ENGINES/MODEL/FINGERPRINT/ with a plan named by its sha256 and engine.json. Those in an image
 * are searched after them. Whoever writes holds the lock of the fingerprint; readers need none.
 */
export class EngineStore {
  readonly root: string;
  /** Folder of the runtime caches of engines in an image; it need not exist. */
  readonly runtimeCaches: string;
  readonly #bakedRoot: string;

  /** @param folders HORNET_HOME (empty: the default) and HORNET_BAKED */
  constructor(folders: { readonly home: string; readonly baked: string }) {
    this.root = join(hornetHome(folders.home), 'engines');
    this.runtimeCaches = join(this.root, '.runtime');
    this.#bakedRoot = join(folders.baked, 'engines');
  }

  /** Folder of one engine on the volume. */
  folderOf(model: string, fingerprint: EngineFingerprint): string {
    return join(this.root, model, fingerprintName(fingerprint));
  }

  /** Looks on the volume, then in the image, and reads the plan of what fits: a damaged one is not found. */
  async find(model: string, wanted: EngineFingerprint, signal?: AbortSignal): Promise<EngineSearch> {
    const stale: StaleEngine[] = [];
    const damaged: HornetError[] = [];
    for (const [source, root] of [
      ['volume', this.root],
      ['baked', this.#bakedRoot],
    ] as const) {
      for (const folder of await engineFolders(join(root, model), fingerprintName(wanted))) {
        const record = await readRecord(folder);
        if (record === null) continue;
        const relation = record === 'unreadable' ? 'stale' : relationOf(record.fingerprint, wanted);
        if (record !== 'unreadable' && relation === 'fresh') {
          try {
            return { engine: await checkEngine(folder, record, source, signal), stale, damaged };
          } catch (error) {
            if (!(error instanceof HornetError && error.code === 'ERR_ENGINE_DAMAGED')) throw error;
            damaged.push(error);
          }
        }
        if (relation === 'stale' && source === 'volume') stale.push({ folder, reasons: reasonsOf(record, wanted) });
      }
    }
    return { engine: null, stale, damaged };
  }

  /** Runs `work` while no other process builds this engine. */
  withLock<T>(
    model: string,
    fingerprint: EngineFingerprint,
    options: FileLockOptions,
    work: (lock: HeldLock) => Promise<T>,
  ): Promise<T> {
    return withFileLock(lockOf(this.folderOf(model, fingerprint)), options, work);
  }

  /** A place for one build, under the lock; what killed builds of this engine left is removed first. */
  async stage(model: string, fingerprint: EngineFingerprint): Promise<Staging> {
    const target = this.folderOf(model, fingerprint);
    try {
      await makeFolder(target);
      await sweep(target, await plansOf(target));
      const folder = join(target, `.build-${randomBytes(6).toString('hex')}`);
      await mkdir(folder);
      return { folder, planPath: join(folder, 'engine.plan') };
    } catch (error) {
      throw toStorageError(error, target);
    }
  }

  /**
   * Makes a staged plan the engine of its fingerprint, under the lock. It is in place when this resolves; the one that
   * was there before stays until then.
   */
  async commit(model: string, staging: Staging, record: EngineRecord): Promise<StoredEngine> {
    const folder = this.folderOf(model, record.fingerprint);
    const planPath = join(folder, record.plan.file);
    try {
      const handle = await open(staging.planPath, 'r+');
      try {
        const { size } = await handle.stat();
        if (size !== record.plan.bytes) {
          const message = `The plan has ${size} bytes, and ${record.plan.bytes} were written.`;
          throw new HornetError('ERR_ENGINE_DAMAGED', message);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(staging.planPath, planPath);
      await syncFolder(folder);
      await writeRecord(folder, record);
      await sweep(folder, [record.plan.file]);
    } catch (error) {
      throw toStorageError(error, folder);
    }
    return { folder, planPath, record, source: 'volume' };
  }

  /** Removes what a build leaves, under the lock: also the engine's folder, where it is empty. */
  async discard(staging: Staging): Promise<void> {
    await rm(staging.folder, { recursive: true, force: true });
    // Not empty: it has an engine.
    await rmdir(dirname(staging.folder)).catch(() => {});
  }

  /**
   * Removes the model's engines that are stale beside `wanted`, and what killed builds left, their locks included.
   * Engines for other hardware stay, and so does whatever another process is building.
   * @returns the stale ones that are gone
   */
  async prune(model: string, wanted: EngineFingerprint): Promise<StaleEngine[]> {
    const removed: StaleEngine[] = [];
    const modelFolder = join(this.root, model);
    const locked = await lockedFolders(modelFolder);
    for (const folder of new Set([...(await engineFolders(modelFolder, '')), ...locked])) {
      if (!locked.has(folder) && (await this.#judge(folder, wanted)) === 'tidy') continue;
      try {
        // A lock that a killed build left is taken over, and goes when it is released.
        await withFileLock(lockOf(folder), { timeoutMs: 0 }, async () => {
          const judged = await this.#judge(folder, wanted);
          if (judged === 'tidy') return;
          if (judged === 'untidy') {
            await sweep(folder, await plansOf(folder));
            return;
          }
          // Without its record it is no engine, so a crash from here on leaves a leftover and nothing half.
          await rm(join(folder, recordName), { force: true });
          await rm(folder, { recursive: true, force: true });
          if (judged !== 'leftover') removed.push(judged);
        });
      } catch (error) {
        if (!(error instanceof HornetError && error.code === 'ERR_LOCK_TIMEOUT')) throw error;
      }
    }
    return removed;
  }

  /** What is to be done with a folder: nothing, sweep it, or remove it. */
  async #judge(folder: string, wanted: EngineFingerprint): Promise<StaleEngine | 'leftover' | 'untidy' | 'tidy'> {
    const record = await readRecord(folder);
    if (record === null) return 'leftover';
    if (record === 'unreadable' || relationOf(record.fingerprint, wanted) === 'stale') {
      return { folder, reasons: reasonsOf(record, wanted) };
    }
    const names = (await unlessMissing(readdir(folder))) ?? [];
    return names.every((name) => belongs(name, [record.plan.file])) ? 'tidy' : 'untidy';
  }
}

/** Beside the folder, so that the folder can be removed under it. */
function lockOf(folder: string): string {
  return `${folder}.lock`;
}

function reasonsOf(record: EngineRecord | 'unreadable', wanted: EngineFingerprint): string[] {
  return record === 'unreadable'
    ? ['its engine.json is not one that this version of Hornet understands']
    : compareFingerprints(record.fingerprint, wanted);
}

/** Folders of a model's engines, the preferred one first. */
async function engineFolders(modelFolder: string, preferred: string): Promise<string[]> {
  const entries = (await unlessMissing(readdir(modelFolder, { withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => entry.isDirectory() && /^[0-9a-f]{64}$/.test(entry.name))
    .map(({ name }) => name)
    .sort((a, b) => Number(b === preferred) - Number(a === preferred) || (a < b ? -1 : 1))
    .map((name) => join(modelFolder, name));
}

/** Folders beside which there is a lock, held or left, or what was left in taking it; they need not exist. */
async function lockedFolders(modelFolder: string): Promise<Set<string>> {
  const names = (await unlessMissing(readdir(modelFolder))) ?? [];
  const fingerprints = names.flatMap((name) => /^([0-9a-f]{64})\.lock/.exec(name)?.slice(1) ?? []);
  return new Set(fingerprints.map((fingerprint) => join(modelFolder, fingerprint)));
}

/**
 * Reads the plan and compares it with its record: what TensorRT is given may run code.
 * @throws ERR_ENGINE_DAMAGED
 */
async function checkEngine(
  folder: string,
  record: EngineRecord,
  source: StoredEngine['source'],
  signal: AbortSignal | undefined,
): Promise<StoredEngine> {
  const planPath = join(folder, record.plan.file);
  const size = (await unlessMissing(stat(planPath)))?.size;
  if (size === undefined) {
    // It may have been replaced since the record was read.
    const now = await readRecord(folder);
    if (now !== null && now !== 'unreadable' && now.plan.file !== record.plan.file) {
      return checkEngine(folder, now, source, signal);
    }
    throw new HornetError('ERR_ENGINE_DAMAGED', `The plan ${planPath} is missing.`);
  }
  if (size !== record.plan.bytes) {
    const message = `The plan ${planPath} has ${size} bytes, its record says ${record.plan.bytes}.`;
    throw new HornetError('ERR_ENGINE_DAMAGED', message);
  }
  if ((await hashFile(planPath, signal)) !== record.plan.sha256) {
    throw new HornetError('ERR_ENGINE_DAMAGED', `The plan ${planPath} has another content than its record says.`);
  }
  return { folder, planPath, record, source };
}

async function plansOf(folder: string): Promise<string[]> {
  const record = await readRecord(folder);
  return record === null || record === 'unreadable' ? [] : [record.plan.file];
}

/** Whether a file of an engine's folder is to stay there. */
function belongs(name: string, plans: readonly string[]): boolean {
  return name === recordName || plans.includes(name) || isRuntimeCache(name);
}

/** Removes everything from an engine's folder but what belongs there. */
async function sweep(folder: string, plans: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!belongs(name, plans)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
