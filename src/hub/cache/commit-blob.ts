import { open, rename, rm } from 'node:fs/promises';
import { HornetError } from '../../errors/hornet-error.js';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import { toStorageError } from '../../locks/storage-error.js';
import { blobPath, partialPath, type RepositoryPaths, rangesPath } from './cache-paths.js';
import { makeFolder, syncFolder } from './durable-folder.js';

/** Options of {@link commitBlob}. */
export interface CommitBlobOptions {
  /** The verified file; default {@link partialPath}. Must be on the volume of the cache. */
  readonly partial?: string | undefined;
  /** Its size, where known: a last check that costs nothing. */
  readonly expectedBytes?: number | undefined;
}

/**
 * Gives a partial that the caller has verified its name as a blob: synced, renamed, the folder synced,
 * the journal deleted. A blob of that name is replaced in one step, which is how a damaged one is
 * repaired: the old stays until a verified new one is there, and links lead to the new one at once.
 * (Snapshots that are copies need {@link linkIntoSnapshot} with `replace` besides.)
 * @returns the path of the blob and its size in bytes
 * @throws ERR_CHECKSUM_MISMATCH for another size, ERR_CACHE_INCOMPLETE when the partial has vanished
 *   (the repository was removed meanwhile), ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE
 */
export async function commitBlob(
  paths: RepositoryPaths,
  etag: string,
  options: CommitBlobOptions = {},
): Promise<{ readonly path: string; readonly bytes: number }> {
  const target = blobPath(paths, etag);
  const partial = options.partial ?? partialPath(paths, etag);
  try {
    await makeFolder(paths.blobs);
    const handle = await open(partial, 'r+');
    let bytes: number;
    try {
      bytes = (await handle.stat()).size;
      if (options.expectedBytes !== undefined && bytes !== options.expectedBytes) {
        const message = `The blob ${etag} of ${paths.repository} has ${bytes} bytes, not ${options.expectedBytes}.`;
        throw new HornetError('ERR_CHECKSUM_MISMATCH', message);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(partial, target);
    await syncFolder(paths.blobs);
    await unlessMissing(rm(rangesPath(paths, etag), { force: true }));
    return { path: target, bytes };
  } catch (error) {
    if (hasErrorCode(error, 'ENOENT')) {
      const message = `The partial file of the blob ${etag} of ${paths.repository} has vanished.`;
      throw new HornetError('ERR_CACHE_INCOMPLETE', message, { cause: error });
    }
    throw toStorageError(error, paths.folder);
  }
}
