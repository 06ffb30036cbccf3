import { rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hornetHome } from '../../../config/hornet-home.js';
import {
  type Belongs,
  type FolderVerdict,
  fingerprintFolders,
  lockOf,
  pruneFolders,
  type StaleFolder,
  stageIn,
  sweepFolder,
  tidiness,
} from '../../../engine/fingerprint-folders.js';
import { fingerprintName } from '../../../engine/fingerprint-name.js';
import { hashFile } from '../../../engine/hash-file.js';
import { HornetError } from '../../../errors/hornet-error.js';
import { makeFolder, syncFile, syncFolder } from '../../../hub/cache/durable-folder.js';
import { unlessMissing } from '../../../locks/has-error-code.js';
import type { HeldLock } from '../../../locks/hold-lock.js';
import { toStorageError } from '../../../locks/storage-error.js';
import { type FileLockOptions, withFileLock } from '../../../locks/with-file-lock.js';
import {
  comparePrepared,
  type FingerprintOfRest,
  type PreparedFingerprint,
  relationOf,
} from './prepared-fingerprint.js';
import { type PreparedRecord, readRecord, recordName, writeRecord } from './prepared-record.js';

/** A prepared model whose graph is whole; its data is still to be checked, see {@link hasRightData}. */
export interface StoredPrepared {
  readonly graphPath: string;
  readonly dataPath: string;
  readonly record: PreparedRecord;
}

/** What was found for a fingerprint. */
export interface PreparedSearch {
  readonly prepared: StoredPrepared | null;
  /** Why others do not do, in words: those on the volume that are out of date, and the damaged ones. */
  readonly reasons: readonly string[];
}

/**
 * Prepared models on the volume: PREPARED/MODEL/FINGERPRINT/ with a graph, the file of its weights, and prepared.json.
 * Those in an image are searched after them. Whoever writes holds the lock of the fingerprint; readers need none.
 */
export class PreparedStore {
  readonly root: string;
  readonly #bakedRoot: string;

  /** @param folders HORNET_HOME (empty: the default) and HORNET_BAKED */
  constructor(folders: { readonly home: string; readonly baked: string }) {
    this.root = join(hornetHome(folders.home), 'prepared');
    this.#bakedRoot = join(folders.baked, 'prepared');
  }

  /** Folder of one prepared model on the volume. */
  folderOf(model: string, fingerprint: PreparedFingerprint): string {
    return join(this.root, model, fingerprintName(fingerprint));
  }

  /**
   * Looks on the volume, then in the image. Sizes and the graph are checked here, the data only where `thorough` says so.
   */
  async find(
    model: string,
    wanted: PreparedFingerprint,
    { thorough, signal }: { readonly thorough: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<PreparedSearch> {
    const reasons: string[] = [];
    for await (const { root, folder, record } of this.#records(model, fingerprintName(wanted))) {
      const relation = record === 'unreadable' ? 'stale' : relationOf(record.fingerprint, wanted);
      if (record !== 'unreadable' && relation === 'fresh') {
        try {
          const prepared = await this.#check(model, folder, record, signal);
          if (thorough) await checkContent(prepared.dataPath, record.data.sha256, signal);
          return { prepared, reasons };
        } catch (error) {
          if (!isDamage(error)) throw error;
          reasons.push(error.message.replace(/\.$/, ''));
        }
      }
      if (relation === 'stale' && root === this.root) reasons.push(...reasonsOf(record, wanted));
    }
    return { prepared: null, reasons };
  }

  /** The one that was prepared last of those that are right whatever the files of the model are; null: none. */
  async findLike(model: string, rest: FingerprintOfRest, signal?: AbortSignal): Promise<StoredPrepared | null> {
    let last: { readonly folder: string; readonly record: PreparedRecord } | null = null;
    for await (const { folder, record } of this.#records(model, '')) {
      if (record === 'unreadable') continue;
      const { fingerprint, preparedAt } = record;
      if (relationOf(fingerprint, { ...rest, onnx: fingerprint.onnx }) !== 'fresh') continue;
      if (last === null || preparedAt > last.record.preparedAt) last = { folder, record };
    }
    if (last === null) return null;
    try {
      return await this.#check(model, last.folder, last.record, signal);
    } catch (error) {
      if (isDamage(error)) return null;
      throw error;
    }
  }

  /** Runs `work` while no other process prepares this model. */
  withLock<T>(
    model: string,
    fingerprint: PreparedFingerprint,
    options: FileLockOptions,
    work: (lock: HeldLock) => Promise<T>,
  ): Promise<T> {
    return withFileLock(lockOf(this.folderOf(model, fingerprint)), options, work);
  }

  /** A folder for one try, under the lock; what killed ones left is removed first. */
  async stage(model: string, fingerprint: PreparedFingerprint): Promise<string> {
    const folder = this.folderOf(model, fingerprint);
    return stageIn(folder, belongingTo(await readRecord(folder)));
  }

  /**
   * Makes staged files the prepared model of their fingerprint, under the lock. It is in place when this resolves; the
   * one that was there before stays until then.
   */
  async commit(model: string, staging: string, record: PreparedRecord): Promise<StoredPrepared> {
    const folder = this.folderOf(model, record.fingerprint);
    try {
      for (const { file } of [record.graph, record.data]) {
        await syncFile(join(staging, file));
        await rename(join(staging, file), join(folder, file));
      }
      await syncFolder(folder);
      await writeRecord(folder, record);
      await sweepFolder(folder, belongingTo(record));
    } catch (error) {
      throw toStorageError(error, folder);
    }
    return storedIn(folder, record);
  }

  /**
   * Keeps what was found out about a prepared model, under the lock, beside what was kept of it meanwhile; of one in an
   * image, on the volume. Nothing of one that has been replaced.
   */
  async keep(
    model: string,
    stored: StoredPrepared,
    found: Partial<Pick<PreparedRecord, 'measured' | 'checked'>>,
  ): Promise<StoredPrepared> {
    const folder = this.folderOf(model, stored.record.fingerprint);
    let record = { ...stored.record, ...found };
    try {
      const now = await readRecord(folder);
      if (now !== null && now !== 'unreadable') {
        if (now.graph.file !== record.graph.file) return { ...stored, record };
        record = { ...now, ...found };
      }
      await makeFolder(folder);
      await writeRecord(folder, record);
    } catch (error) {
      throw toStorageError(error, folder);
    }
    return { ...stored, record };
  }

  /**
   * Removes the model's prepared models that are stale beside `wanted`, and what killed processes left. Those for other
   * processors stay, and so does whatever another process is preparing.
   * @returns the stale ones that are gone
   */
  prune(model: string, wanted: PreparedFingerprint): Promise<StaleFolder[]> {
    return pruneFolders(join(this.root, model), recordName, async (folder): Promise<FolderVerdict> => {
      const record = await readRecord(folder);
      if (record === null) return { kind: 'leftover' };
      if (record === 'unreadable' || relationOf(record.fingerprint, wanted) === 'stale') {
        return { kind: 'stale', stale: { folder, reasons: reasonsOf(record, wanted) } };
      }
      return tidiness(folder, belongingTo(record));
    });
  }

  async *#records(
    model: string,
    preferred: string,
  ): AsyncGenerator<{ root: string; folder: string; record: PreparedRecord | 'unreadable' }> {
    for (const root of [this.root, this.#bakedRoot]) {
      for (const folder of await fingerprintFolders(join(root, model), preferred)) {
        const record = await readRecord(folder);
        if (record !== null) yield { root, folder, record };
      }
    }
  }

  /**
   * A record on the volume may be about files in the image: where only the settings were measured anew.
   * @throws ERR_PREPARED_DAMAGED
   */
  async #check(
    model: string,
    folder: string,
    record: PreparedRecord,
    signal: AbortSignal | undefined,
  ): Promise<StoredPrepared> {
    const inVolume = storedIn(folder, record);
    const hasGraph = (await unlessMissing(stat(inVolume.graphPath))) !== undefined;
    const stored = hasGraph ? inVolume : storedIn(join(this.#bakedRoot, model, basename(folder)), record);
    await checkSize(stored.graphPath, record.graph.bytes);
    await checkSize(stored.dataPath, record.data.bytes);
    await checkContent(stored.graphPath, record.graph.sha256, signal);
    return stored;
  }
}

/** Whether the weights are those of the record. They are read off the JavaScript thread: 100 MB take 0.1 s. */
export async function hasRightData({ dataPath, record }: StoredPrepared, signal?: AbortSignal): Promise<boolean> {
  return (await unlessMissing(hashFile(dataPath, signal))) === record.data.sha256;
}

/** Whether an error says that a prepared model is not what its record says. */
function isDamage(error: unknown): error is HornetError {
  return error instanceof HornetError && error.code === 'ERR_PREPARED_DAMAGED';
}

function storedIn(folder: string, record: PreparedRecord): StoredPrepared {
  return { graphPath: join(folder, record.graph.file), dataPath: join(folder, record.data.file), record };
}

function reasonsOf(record: PreparedRecord | 'unreadable', wanted: PreparedFingerprint): string[] {
  return record === 'unreadable'
    ? ['its prepared.json is not one that this version of Hornet understands']
    : comparePrepared(record.fingerprint, wanted);
}

async function checkSize(path: string, bytes: number): Promise<void> {
  const size = (await unlessMissing(stat(path)))?.size;
  if (size === bytes) return;
  const has = size === undefined ? 'is missing' : `has ${size} bytes, its record says ${bytes}`;
  throw new HornetError('ERR_PREPARED_DAMAGED', `The file ${path} ${has}.`);
}

async function checkContent(path: string, sha256: string, signal: AbortSignal | undefined): Promise<void> {
  if ((await hashFile(path, signal)) === sha256) return;
  throw new HornetError('ERR_PREPARED_DAMAGED', `The file ${path} has another content than its record says.`);
}

/** What is to stay in the folder of a record. */
function belongingTo(record: PreparedRecord | 'unreadable' | null): Belongs {
  const files = record === null || record === 'unreadable' ? [] : [record.graph.file, record.data.file];
  return (name) => name === recordName || files.includes(name);
}
