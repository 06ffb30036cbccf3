import { readdir, stat } from 'node:fs/promises';
import { unlessMissing } from '../../locks/has-error-code.js';
import { assertRevision, isCommitHash } from './cache-names.js';
import { type RepositoryPaths, repositoryPaths, snapshotFolder } from './cache-paths.js';
import { listSnapshotFiles } from './list-snapshot-files.js';
import { readRef } from './read-ref.js';
import { readTree } from './read-tree.js';

/** A file of a snapshot that can be used. */
export interface CachedFile {
  /** In the repository, segments separated by "/". */
  readonly path: string;
  readonly absolutePath: string;
  readonly bytes: number;
  /** Name of its blob; `undefined` for a plain copy. */
  readonly etag: string | undefined;
}

/** A snapshot that has the files that were asked for. */
export interface CachedSnapshot {
  readonly repository: string;
  readonly revision: string;
  readonly commit: string;
  /** The cache that it was found in. */
  readonly cacheDir: string;
  readonly folder: string;
  /** The usable files, sorted by path. */
  readonly files: readonly CachedFile[];
}

/** Where the search ended in one cache folder. */
export interface SnapshotMiss {
  readonly cacheDir: string;
  /** `repository`, `revision`: the cache has none such; `files`: it lacks some of the files. */
  readonly lacks: 'repository' | 'revision' | 'files';
  readonly commit: string | undefined;
  /** Missing files, as `needed` names them. */
  readonly missing: readonly string[];
  /** Files that are there but cannot be used: their link leads nowhere or they have the wrong size. */
  readonly damaged: readonly string[];
}

/** What {@link findSnapshot} finds: a snapshot, or for each folder looked in what is missing there. */
export type SnapshotSearch =
  | { readonly found: true; readonly snapshot: CachedSnapshot }
  | { readonly found: false; readonly misses: readonly SnapshotMiss[] };

/** What {@link findSnapshot} looks for, and where. */
export interface SnapshotQuery {
  readonly cacheDir: string;
  /** Caches that are searched after it, in this order; such as the one that an image carries. */
  readonly bakedCacheDirs?: readonly string[] | undefined;
  readonly repository: string;
  /** Branch, tag, commit, or the beginning of a commit (at least 7 digits); default `main`. */
  readonly revision?: string | undefined;
  /** The paths that must be there, or a function from what is there to what is missing. Default: none. */
  readonly needed?: readonly string[] | ((files: ReadonlyMap<string, CachedFile>) => readonly string[]) | undefined;
  /** Sizes in bytes by path, where known. Default: those that Python has noted for the commit, if any. */
  readonly expectedSizes?: ReadonlyMap<string, number> | undefined;
}

/**
 * Looks for a snapshot with all files that are needed. Opens no socket and writes nothing, so it works
 * on read-only volumes. A file counts if its link leads to content of the size that is expected; the
 * content itself is hashed when it is fetched, and by {@link verifyCache}.
 * @throws ERR_HUB_REPOSITORY_NOT_FOUND, ERR_HUB_REVISION_NOT_FOUND for what cannot be a name
 */
export async function findSnapshot(query: SnapshotQuery): Promise<SnapshotSearch> {
  const misses: SnapshotMiss[] = [];
  for (const cacheDir of [query.cacheDir, ...(query.bakedCacheDirs ?? [])]) {
    const result = await searchCache(cacheDir, query);
    if ('files' in result) return { found: true, snapshot: result };
    misses.push(result);
  }
  return { found: false, misses };
}

async function searchCache(cacheDir: string, query: SnapshotQuery): Promise<CachedSnapshot | SnapshotMiss> {
  const revision = query.revision ?? 'main';
  const paths = repositoryPaths(cacheDir, query.repository);
  assertRevision(revision);
  const miss = { cacheDir, missing: [], damaged: [] };
  if ((await unlessMissing(stat(paths.folder))) === undefined) {
    return { ...miss, lacks: 'repository', commit: undefined };
  }
  const commit = await resolveCached(paths, revision);
  if (commit === undefined) return { ...miss, lacks: 'revision', commit };
  const folder = snapshotFolder(paths, commit);
  if ((await unlessMissing(stat(folder))) === undefined) return { ...miss, lacks: 'revision', commit };

  const sizes = query.expectedSizes ?? (await notedSizes(paths, commit));
  const files = new Map<string, CachedFile>();
  const damaged: string[] = [];
  for (const { path, absolutePath, etag, content } of await listSnapshotFiles(paths, folder)) {
    const expected = sizes?.get(path);
    if (content === undefined || (expected !== undefined && expected !== content.bytes)) damaged.push(path);
    else files.set(path, { path, absolutePath, bytes: content.bytes, etag });
  }
  const { needed = [] } = query;
  const missing = typeof needed === 'function' ? needed(files) : needed.filter((path) => !files.has(path));
  if (missing.length > 0) return { cacheDir, lacks: 'files', commit, missing, damaged };
  return { repository: query.repository, revision, commit, cacheDir, folder, files: [...files.values()] };
}

/** The commit that a revision stands for in a cache, or `undefined`. */
export async function resolveCached(paths: RepositoryPaths, revision: string): Promise<string | undefined> {
  if (isCommitHash(revision)) return revision;
  const commit = await readRef(paths, revision);
  if (commit !== undefined || !/^[0-9a-f]{7,39}$/.test(revision)) return commit;
  const names = (await unlessMissing(readdir(paths.snapshots))) ?? [];
  const matches = names.filter((name) => isCommitHash(name) && name.startsWith(revision));
  return matches.length === 1 ? matches[0] : undefined;
}

async function notedSizes(paths: RepositoryPaths, commit: string): Promise<Map<string, number> | undefined> {
  const tree = await readTree(paths, commit);
  return tree && new Map(Array.from(tree, ([path, entry]) => [path, entry.bytes]));
}
