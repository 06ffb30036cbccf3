import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import type { FileLockOptions } from '../../locks/with-file-lock.js';
import { blobPath, type RepositoryPaths, snapshotFile, snapshotFolder, stagingPath } from './cache-paths.js';
import { makeFolder, syncFolder } from './durable-folder.js';
import { type LinkOptions, linkIntoSnapshot, placeBlob } from './link-into-snapshot.js';
import { withRepositoryLock } from './with-repository-lock.js';
import { writeRef } from './write-ref.js';

/** A file of a snapshot to be. */
export interface SnapshotEntry {
  /** In the repository, segments separated by "/". */
  readonly path: string;
  readonly etag: string;
  /** Its size where known; a blob of another size counts as missing. */
  readonly bytes?: number | undefined;
}

/** What {@link publishSnapshot} needs. */
export interface PublishRequest extends LinkOptions {
  readonly commit: string;
  readonly files: readonly SnapshotEntry[];
  /** Branch or tag that is now at the commit; left away, or the commit itself: no ref is written. */
  readonly revision?: string | undefined;
}

/** `published: false` names the files whose blobs are missing (pruned since they were looked for): fetch them again. */
export type PublishOutcome =
  | { readonly published: true; readonly folder: string }
  | { readonly published: false; readonly missing: readonly SnapshotEntry[] };

/**
 * Makes fetched blobs visible as a snapshot, under the lock of the repository: checks that all are
 * there, links them, then moves the ref. A new snapshot is put together aside and appears in one
 * rename, whole; to one that is there already the files are added one by one.
 * @throws what {@link linkIntoSnapshot}, {@link writeRef} and the lock throw
 */
export function publishSnapshot(
  paths: RepositoryPaths,
  request: PublishRequest,
  lockOptions: FileLockOptions = {},
): Promise<PublishOutcome> {
  return withRepositoryLock(paths, lockOptions, async (lock) => {
    const folder = snapshotFolder(paths, request.commit);
    const missing: SnapshotEntry[] = [];
    for (const file of request.files) if (!(await isThere(paths, request, file))) missing.push(file);
    if (missing.length > 0) return { published: false, missing };
    await lock.assertHeld();
    if ((await unlessMissing(stat(folder))) !== undefined || !(await appear(paths, folder, request))) {
      for (const file of request.files) {
        if (request.replace === true || !(await isPlainCopy(paths, request.commit, file))) {
          await linkIntoSnapshot(paths, request.commit, file.path, file.etag, request);
        }
      }
    }
    if (request.revision !== undefined) await writeRef(paths, request.revision, request.commit);
    return { published: true, folder };
  });
}

async function isThere(paths: RepositoryPaths, request: PublishRequest, file: SnapshotEntry): Promise<boolean> {
  const blob = await unlessMissing(stat(blobPath(paths, file.etag)));
  if (blob !== undefined) return file.bytes === undefined || blob.size === file.bytes;
  return isPlainCopy(paths, request.commit, file);
}

/** Without links Python moves the blob into the snapshot: then the file is there and the blob is not. */
async function isPlainCopy(paths: RepositoryPaths, commit: string, file: SnapshotEntry): Promise<boolean> {
  if ((await unlessMissing(stat(blobPath(paths, file.etag)))) !== undefined) return false;
  const found = await unlessMissing(stat(snapshotFile(paths, commit, file.path)));
  return found?.isFile() === true && (file.bytes === undefined || found.size === file.bytes);
}

/** Builds the snapshot aside and renames it; `false` if one has appeared in its place meanwhile (Python takes no lock of ours). */
async function appear(paths: RepositoryPaths, folder: string, request: PublishRequest): Promise<boolean> {
  const staged = stagingPath(paths, 'snapshot');
  try {
    await makeFolder(paths.snapshots);
    await mkdir(staged);
    for (const file of request.files) {
      const finalPath = snapshotFile(paths, request.commit, file.path);
      await placeBlob(paths, file.etag, join(staged, ...file.path.split('/')), finalPath, request);
    }
    await syncFolder(staged);
    await rename(staged, folder);
    await syncFolder(paths.snapshots);
    return true;
  } catch (error) {
    await rm(staged, { recursive: true, force: true }).catch(() => {});
    if (hasErrorCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw toStorageError(error, paths.folder);
  }
}
