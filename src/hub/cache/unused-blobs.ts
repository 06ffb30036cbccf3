import { basename } from 'node:path';
import type { SnapshotFile } from './list-snapshot-files.js';
import type { CachedLoose } from './scan-repository.js';

/** What can go together with some files of a repository's snapshots. */
export interface UnusedContent {
  /** Blobs that these files use and no other does. */
  readonly blobs: readonly CachedLoose[];
  /** Bytes that the volume gets back, plain files included. */
  readonly bytes: number;
}

/**
 * The blobs that only the files that are going use. Blobs that nobody uses are not among them: somebody
 * may be about to link those.
 */
export function unusedBlobs(
  blobs: readonly CachedLoose[],
  going: readonly SnapshotFile[],
  staying: readonly SnapshotFile[],
): UnusedContent {
  const goingEtags = new Set(going.flatMap(({ etag }) => etag ?? []));
  const stayingEtags = new Set(staying.flatMap(({ etag }) => etag ?? []));
  const goingInodes = new Set(going.flatMap(({ content }) => content?.inode ?? []));
  const stayingInodes = new Set(staying.flatMap(({ content }) => content?.inode ?? []));

  const unused = blobs.filter(({ path, inode }) => {
    const etag = basename(path);
    return (goingEtags.has(etag) || goingInodes.has(inode)) && !stayingEtags.has(etag) && !stayingInodes.has(inode);
  });
  const freed = new Map<string, number>();
  for (const { inode, bytes, shared } of unused) if (!shared) freed.set(inode, bytes);
  for (const { kind, content } of going) {
    if (kind === 'file' && content !== undefined && !stayingInodes.has(content.inode)) {
      freed.set(content.inode, content.bytes);
    }
  }
  return { blobs: unused, bytes: [...freed.values()].reduce((sum, bytes) => sum + bytes, 0) };
}
