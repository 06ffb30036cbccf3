import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { throwIfCancelled } from '../../locks/cancellation.js';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import { type BlobHash, hashBlob, hashOfEtag } from './hash-blob.js';
import { readTree } from './read-tree.js';
import { scanCache } from './scan-cache.js';
import type { CachedRepository, CacheWarning } from './scan-repository.js';

/** Where a blob is used. */
export interface BlobUse {
  readonly commit: string;
  readonly refs: readonly string[];
  /** In the repository. */
  readonly path: string;
}

/** Content that is not what its name says. */
export interface DamagedBlob {
  readonly repository: string;
  readonly kind: CachedRepository['kind'];
  readonly etag: string;
  /** The blob, or the plain file of a snapshot without links. */
  readonly path: string;
  readonly algorithm: BlobHash;
  /** The hash of what is there; `undefined` where the volume fails to read it. */
  readonly actual: string | undefined;
  /** Empty for a blob that nobody uses. */
  readonly usedBy: readonly BlobUse[];
}

/** What {@link verifyCache} found. */
export interface VerifyReport {
  readonly checkedFiles: number;
  readonly checkedBytes: number;
  readonly damaged: readonly DamagedBlob[];
  /** Paths of blobs and plain files that nothing is known to compare with. */
  readonly unverifiable: readonly string[];
  /** Paths of blobs that no snapshot uses. */
  readonly orphaned: readonly string[];
  /** Links that lead nowhere, refs without snapshots, foreign files. */
  readonly warnings: readonly CacheWarning[];
}

/** How far {@link verifyCache} has come. */
export interface VerifyProgress {
  readonly repository: string;
  readonly path: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** Options of {@link verifyCache}. */
export interface VerifyOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  /** Which repositories; default all of the cache, data sets too. */
  readonly include?: ((repository: CachedRepository) => boolean) | undefined;
}

interface Candidate {
  readonly repository: CachedRepository;
  readonly etag: string | undefined;
  readonly path: string;
  readonly bytes: number;
  readonly usedBy: readonly BlobUse[];
}

/**
 * Hashes every blob of a cache again and compares with its name. Plain files of snapshots without links
 * are compared with the list that Python keeps of the commit, where there is one. Changes nothing and
 * needs no lock: what is replaced or removed meanwhile is looked at again or left out.
 *
 * A damaged blob is repaired by fetching it again and {@link commitBlob}, which replaces it in one step;
 * it stays until then.
 * @throws ERR_CANCELLED
 */
export async function verifyCache(cacheDir: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { signal, onProgress, include = () => true } = options;
  const scan = await scanCache(cacheDir, signal === undefined ? {} : { signal });
  const repositories = scan.repositories.filter(include);
  const candidates = (await Promise.all(repositories.map(listCandidates))).flat();
  const bytesTotal = candidates.reduce((sum, { bytes }) => sum + bytes, 0);
  const damaged: DamagedBlob[] = [];
  const unverifiable: string[] = [];
  let checkedFiles = 0;
  let checkedBytes = 0;
  for (const { repository, etag, path, usedBy } of candidates) {
    throwIfCancelled(signal, 'Verifying the cache');
    const algorithm = etag === undefined ? undefined : hashOfEtag(etag);
    if (etag === undefined || algorithm === undefined) {
      unverifiable.push(path);
      continue;
    }
    const onBytes = (bytes: number): void => {
      checkedBytes += bytes;
      onProgress?.({ repository: repository.repository, path, bytesDone: checkedBytes, bytesTotal });
    };
    const actual = await hashSteadily(path, etag, algorithm, { signal, onBytes });
    if (actual === 'vanished') continue;
    if (actual === 'unreadable') unverifiable.push(path);
    else checkedFiles++;
    if (actual === 'unreadable' || actual === etag) continue;
    const { repository: name, kind } = repository;
    const known = actual === 'broken' ? undefined : actual;
    damaged.push({ repository: name, kind, etag, path, algorithm, actual: known, usedBy });
  }
  const orphaned = repositories.flatMap((repository) => repository.orphanedBlobs.map(({ path }) => path));
  return { checkedFiles, checkedBytes, damaged, unverifiable, orphaned, warnings: scan.warnings };
}

async function listCandidates(repository: CachedRepository): Promise<Candidate[]> {
  const { revisions, blobs, paths } = repository;
  const candidates: Candidate[] = blobs.map(({ path, bytes, inode }) => {
    const etag = basename(path);
    const usedBy = revisions.flatMap(({ commit, refs, files }) =>
      files
        .filter((file) => file.etag === etag || (file.kind === 'file' && file.content?.inode === inode))
        .map((file) => ({ commit, refs, path: file.path })),
    );
    return { repository, etag, path, bytes, usedBy };
  });
  const inodes = new Set(blobs.map(({ inode }) => inode));
  for (const { commit, refs, files } of revisions) {
    const copies = files.filter((file) => file.kind === 'file' && !inodes.has(file.content?.inode ?? ''));
    if (copies.length === 0) continue;
    const tree = await readTree(paths, commit);
    for (const { path, absolutePath, content } of copies) {
      const usedBy = [{ commit, refs, path }];
      candidates.push({
        repository,
        etag: tree?.get(path)?.etag,
        path: absolutePath,
        bytes: content?.bytes ?? 0,
        usedBy,
      });
    }
  }
  return candidates;
}

/** The hash; once more when the file turns out to have been replaced while it was read. */
async function hashSteadily(
  path: string,
  etag: string,
  algorithm: BlobHash,
  options: Parameters<typeof hashBlob>[2],
): Promise<string | 'vanished' | 'unreadable' | 'broken'> {
  for (let attempt = 1; ; attempt++) {
    const before = await unlessMissing(stat(path, { bigint: true }));
    if (before === undefined) return 'vanished';
    let actual: string;
    try {
      actual = await hashBlob(path, algorithm, options);
    } catch (error) {
      if (hasErrorCode(error, 'ENOENT')) return 'vanished';
      if (hasErrorCode(error, 'EACCES', 'EPERM')) return 'unreadable';
      if (hasErrorCode(error, 'EIO', 'EUCLEAN', 'EBADMSG', 'EISDIR')) return 'broken';
      throw error;
    }
    if (actual === etag || attempt === 3) return actual;
    const after = await unlessMissing(stat(path, { bigint: true }));
    if (after === undefined) return 'vanished';
    if (after.ino === before.ino && after.mtimeNs === before.mtimeNs && after.size === before.size) return actual;
  }
}
