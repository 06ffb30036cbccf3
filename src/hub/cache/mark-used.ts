import { stat, utimes } from 'node:fs/promises';
import { repositoryPaths } from './cache-paths.js';
import type { CachedSnapshot } from './find-snapshot.js';
import { listSnapshotFiles } from './list-snapshot-files.js';

/**
 * Notes that a snapshot is in use now, as the access time of its blobs: most volumes are mounted so that
 * reading does not do it, and pruning by age goes by it (Python's too). Does nothing where it cannot
 * (a read-only volume). The time of modification stays, to the microsecond.
 */
export async function markUsed(snapshot: CachedSnapshot, now: Date = new Date()): Promise<void> {
  const paths = repositoryPaths(snapshot.cacheDir, snapshot.repository);
  try {
    for (const { absolutePath, content } of await listSnapshotFiles(paths, snapshot.folder)) {
      if (content === undefined) continue;
      const { mtimeNs } = await stat(absolutePath, { bigint: true });
      // In the middle of the microsecond: as seconds in floating point, its beginning may end up in the one before.
      await utimes(absolutePath, now, (Number(mtimeNs / 1000n) + 0.5) / 1e6);
    }
  } catch {
    // Not worth failing for: a model would at worst be pruned and fetched again.
  }
}
