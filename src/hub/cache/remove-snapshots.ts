import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import type { HeldLock } from '../../locks/hold-lock.js';
import { noExistPath, type RepositoryPaths, refPath, snapshotFolder, stagingPath } from './cache-paths.js';
import { makeFolder, syncFolder } from './durable-folder.js';
import { type CachedRepository, scanRepository } from './scan-repository.js';
import { unusedBlobs } from './unused-blobs.js';

/**
 * Removes snapshots with their refs and the blobs that no other snapshot uses. The caller holds the lock
 * of the repository. The order is such that a crash at any point leaves only whole snapshots visible:
 * first the refs go, then each snapshot disappears in one rename, and only when that is on the disk do
 * blobs go that no snapshot links any more.
 *
 * (In a container whose image carries the cache, folders of the image cannot be renamed; there the files
 * are deleted one by one.)
 * @returns the bytes that the volume got back
 */
export async function removeSnapshots(
  paths: RepositoryPaths,
  commits: ReadonlySet<string>,
  lock: HeldLock,
): Promise<number> {
  const before = await scan(paths);
  const removed: string[] = [];
  for (const { commit, refs } of before.revisions) {
    if (!commits.has(commit)) continue;
    await lock.assertHeld();
    for (const ref of refs) {
      await unlessMissing(unlink(refPath(paths, ref)));
      await syncFolder(dirname(refPath(paths, ref)));
    }
    const aside = stagingPath(paths, 'removed');
    try {
      await unlessMissing(rename(snapshotFolder(paths, commit), aside));
      removed.push(aside);
    } catch (error) {
      if (!hasErrorCode(error, 'EXDEV')) throw error;
      await rm(snapshotFolder(paths, commit), { recursive: true, force: true });
    }
  }
  await unlessMissing(syncFolder(paths.snapshots));
  await syncFolder(paths.folder);
  await lock.assertHeld();

  // Looked at again, because Python publishes without our lock.
  const now = await scan(paths);
  const going = before.revisions.filter(({ commit }) => commits.has(commit)).flatMap(({ files }) => files);
  const staying = now.revisions.flatMap(({ files }) => files);
  const { blobs, bytes } = unusedBlobs(now.blobs, going, staying);
  for (const blob of blobs) await unlessMissing(unlink(blob.path));
  for (const folder of removed) await rm(folder, { recursive: true, force: true });
  for (const commit of commits) {
    await rm(dirname(noExistPath(paths, commit, 'x')), { recursive: true, force: true });
    await rm(join(paths.trees, `${commit}.json`), { force: true });
  }
  await removeEmptyRepository(paths);
  return bytes;
}

function scan(paths: RepositoryPaths): Promise<CachedRepository> {
  return scanRepository(paths, 'model', []);
}

/**
 * Removes a repository's whole folder in one rename: to below `.locks`, because at the top of the cache
 * Python would warn about it. The caller holds the lock of the repository.
 */
export async function removeFolder(paths: RepositoryPaths): Promise<void> {
  const aside = join(paths.locks, `${randomBytes(8).toString('hex')}.hornet-removed`);
  await makeFolder(paths.locks);
  try {
    await unlessMissing(rename(paths.folder, aside));
    await syncFolder(paths.cacheDir);
  } catch (error) {
    if (!hasErrorCode(error, 'EXDEV')) throw error;
    await rm(paths.folder, { recursive: true, force: true });
  }
  await rm(aside, { recursive: true, force: true });
}

/** Removes what is left of a repository without snapshots, blobs and partials. */
async function removeEmptyRepository(paths: RepositoryPaths): Promise<void> {
  for (const folder of [paths.snapshots, paths.blobs, paths.refs]) {
    const entries = (await unlessMissing(readdir(folder, { recursive: true, withFileTypes: true }))) ?? [];
    if (entries.some((entry) => !entry.isDirectory())) return;
    if (folder === paths.snapshots && entries.length > 0) return;
  }
  await removeFolder(paths);
}
