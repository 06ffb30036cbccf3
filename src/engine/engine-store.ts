import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hornetHome } from '../config/hornet-home.js';
import { HornetError } from '../errors/hornet-error.js';
import { syncFile, syncFolder } from '../hub/cache/durable-folder.js';
import { unlessMissing } from '../locks/has-error-code.js';
import type { HeldLock } from '../locks/hold-lock.js';
import { toStorageError } from '../locks/storage-error.js';
import { type FileLockOptions, withFileLock } from '../locks/with-file-lock.js';
import { compareFingerprints, relationOf } from './compare-fingerprints.js';
import type { EngineFingerprint } from './engine-fingerprint.js';
import { type EngineRecord, readRecord, recordName, writeRecord } from './engine-record.js';
import {
  type Belongs,
  discardStaging,
  type FolderVerdict,
  fingerprintFolders,
  lockOf,
  pruneFolders,
  type StaleFolder,
  stageIn,
  sweepFolder,
  tidiness,
} from './fingerprint-folders.js';
import { fingerprintName } from './fingerprint-name.js';
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

/** What was found for a fingerprint. */
export interface EngineSearch {
  readonly engine: StoredEngine | null;
  /** Of the volume only. */
  readonly stale: readonly StaleFolder[];
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
    const stale: StaleFolder[] = [];
    const damaged: HornetError[] = [];
    for (const [source, root] of [
      ['volume', this.root],
      ['baked', this.#bakedRoot],
    ] as const) {
      for (const folder of await fingerprintFolders(join(root, model), fingerprintName(wanted))) {
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
    const folder = await stageIn(target, belongingTo(await readRecord(target)));
    return { folder, planPath: join(folder, 'engine.plan') };
  }

  /**
   * Makes a staged plan the engine of its fingerprint, under the lock. It is in place when this resolves; the one that
   * was there before stays until then.
   */
  async commit(model: string, staging: Staging, record: EngineRecord): Promise<StoredEngine> {
    const folder = this.folderOf(model, record.fingerprint);
    const planPath = join(folder, record.plan.file);
    try {
      const bytes = await syncFile(staging.planPath);
      if (bytes !== record.plan.bytes) {
        const message = `The plan has ${bytes} bytes, and ${record.plan.bytes} were written.`;
        throw new HornetError('ERR_ENGINE_DAMAGED', message);
      }
      await rename(staging.planPath, planPath);
      await syncFolder(folder);
      await writeRecord(folder, record);
      await sweepFolder(folder, belongingTo(record));
    } catch (error) {
      throw toStorageError(error, folder);
    }
    return { folder, planPath, record, source: 'volume' };
  }

  /** Removes what a build leaves, under the lock: also the engine's folder, where it is empty. */
  discard(staging: Staging): Promise<void> {
    return discardStaging(staging.folder);
  }

  /**
   * Removes the model's engines that are stale beside `wanted`, and what killed builds left, their locks included.
   * Engines for other hardware stay, and so does whatever another process is building.
   * @returns the stale ones that are gone
   */
  prune(model: string, wanted: EngineFingerprint): Promise<StaleFolder[]> {
    return pruneFolders(join(this.root, model), recordName, async (folder): Promise<FolderVerdict> => {
      const record = await readRecord(folder);
      if (record === null) return { kind: 'leftover' };
      if (record === 'unreadable' || relationOf(record.fingerprint, wanted) === 'stale') {
        return { kind: 'stale', stale: { folder, reasons: reasonsOf(record, wanted) } };
      }
      return tidiness(folder, belongingTo(record));
    });
  }
}

function reasonsOf(record: EngineRecord | 'unreadable', wanted: EngineFingerprint): string[] {
  return record === 'unreadable'
    ? ['its engine.json is not one that this version of Hornet understands']
    : compareFingerprints(record.fingerprint, wanted);
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

/** What is to stay in the folder of a record. */
function belongingTo(record: EngineRecord | 'unreadable' | null): Belongs {
  const plan = record === null || record === 'unreadable' ? undefined : record.plan.file;
  return (name) => name === recordName || name === plan || isRuntimeCache(name);
}
