import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { unlessMissing } from '../../locks/has-error-code.js';
import { isCommitHash } from './cache-names.js';
import type { RepositoryPaths } from './cache-paths.js';
import { listSnapshotFiles, type SnapshotFile, statsOf } from './list-snapshot-files.js';

/** Something in the cache that does not belong there or does not fit together. */
export interface CacheWarning {
  readonly path: string;
  /** One sentence. */
  readonly message: string;
}

/** A commit in the cache; times in milliseconds since 1970. */
export interface CachedRevision {
  readonly commit: string;
  readonly folder: string;
  /** Branches and tags that were at this commit when they were last fetched. */
  readonly refs: readonly string[];
  readonly files: readonly SnapshotFile[];
  /** Its content on disk, each once, whether shared with other revisions or not. */
  readonly bytes: number;
  readonly lastUsedMs: number;
  readonly lastModifiedMs: number;
}

/** A file below `blobs`, or left over by a killed process. */
export interface CachedLoose {
  readonly path: string;
  readonly bytes: number;
  readonly lastModifiedMs: number;
  /** Milliseconds since 1970 of the last change of content or name. */
  readonly changedMs: number;
  /** Equal for two names of the same content. */
  readonly inode: string;
  /** A link into Python's store of blobs shared by repositories: deleting it frees nothing. */
  readonly shared: boolean;
}

/** A repository in the cache. */
export interface CachedRepository {
  /** `ORG/NAME`, or `NAME`. */
  readonly repository: string;
  readonly kind: 'model' | 'dataset' | 'space' | 'kernel';
  readonly paths: RepositoryPaths;
  readonly revisions: readonly CachedRevision[];
  /** On disk, each content once, with partials. */
  readonly bytes: number;
  readonly lastUsedMs: number;
  /** Named by their ETags; used by snapshots or not. */
  readonly blobs: readonly CachedLoose[];
  /** Blobs that no snapshot uses: about to be linked, or left over. */
  readonly orphanedBlobs: readonly CachedLoose[];
  /** Unfinished downloads and their journals, of ours and of Python. */
  readonly partials: readonly CachedLoose[];
  /** `.hornet-*` in the repository's folder: about to be renamed, or left over by a killed process. */
  readonly leftovers: readonly CachedLoose[];
  /** Bytes by inode of all of it. */
  readonly contents: ReadonlyMap<string, number>;
}

/** Reads one repository of a cache; problems are added to `warnings`. Writes nothing. */
export async function scanRepository(
  paths: RepositoryPaths,
  kind: CachedRepository['kind'],
  warnings: CacheWarning[],
): Promise<CachedRepository> {
  const refs = await listRefs(paths, warnings);
  const contents = new Map<string, number>();
  const revisions: CachedRevision[] = [];
  for (const entry of (await unlessMissing(readdir(paths.snapshots, { withFileTypes: true }))) ?? []) {
    const folder = join(paths.snapshots, entry.name);
    if (!entry.isDirectory() || !isCommitHash(entry.name)) {
      warnings.push({ path: folder, message: 'This is not the snapshot of a commit.' });
      continue;
    }
    const revision = await scanRevision(paths, folder, entry.name, refs, contents, warnings);
    if (revision !== undefined) revisions.push(revision);
  }
  for (const [name, commit] of refs) {
    if (revisions.some((revision) => revision.commit === commit)) continue;
    warnings.push({ path: join(paths.refs, name), message: `The ref is at ${commit}, of which there is no snapshot.` });
  }
  const loose = await scanLoose(paths, revisions, contents);
  return {
    repository: paths.repository,
    kind,
    paths,
    revisions: revisions.sort((a, b) => b.lastUsedMs - a.lastUsedMs),
    bytes: [...contents.values()].reduce((sum, bytes) => sum + bytes, 0),
    lastUsedMs: Math.max(0, ...revisions.map((revision) => revision.lastUsedMs)),
    ...loose,
    contents,
  };
}

async function scanRevision(
  paths: RepositoryPaths,
  folder: string,
  commit: string,
  refs: ReadonlyMap<string, string>,
  contents: Map<string, number>,
  warnings: CacheWarning[],
): Promise<CachedRevision | undefined> {
  const own = await unlessMissing(stat(folder));
  if (own === undefined) return undefined;
  const files = await listSnapshotFiles(paths, folder);
  const sizes = new Map<string, number>();
  let lastUsedMs = 0;
  let lastModifiedMs = 0;
  for (const { absolutePath, kind, content } of files) {
    if (content === undefined) {
      const message = kind === 'foreign' ? 'The link leads out of the cache.' : 'The link leads to no blob.';
      warnings.push({ path: absolutePath, message });
      continue;
    }
    sizes.set(content.inode, content.bytes);
    contents.set(content.inode, content.bytes);
    lastModifiedMs = Math.max(lastModifiedMs, content.modifiedMs);
    lastUsedMs = Math.max(lastUsedMs, content.accessedMs, content.modifiedMs);
  }
  return {
    commit,
    folder,
    refs: [...refs].filter(([, at]) => at === commit).map(([name]) => name),
    files,
    bytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
    lastUsedMs: lastUsedMs || own.mtimeMs,
    lastModifiedMs: lastModifiedMs || own.mtimeMs,
  };
}

async function scanLoose(
  paths: RepositoryPaths,
  revisions: readonly CachedRevision[],
  contents: Map<string, number>,
): Promise<Pick<CachedRepository, 'blobs' | 'orphanedBlobs' | 'partials' | 'leftovers'>> {
  const files = revisions.flatMap((revision) => revision.files);
  const usedEtags = new Set(files.map((file) => file.etag));
  const usedInodes = new Set(files.map((file) => file.content?.inode));
  const blobs: CachedLoose[] = [];
  const partials: CachedLoose[] = [];
  const leftovers: CachedLoose[] = [];
  for (const name of (await unlessMissing(readdir(paths.blobs))) ?? []) {
    const found = await describeLoose(join(paths.blobs, name));
    if (found === undefined) continue;
    contents.set(found.inode, found.bytes);
    if (/\.(?:incomplete|ranges)$/.test(name)) partials.push(found);
    else blobs.push(found);
  }
  for (const name of (await unlessMissing(readdir(paths.folder))) ?? []) {
    const found = name.startsWith('.hornet-') ? await describeLoose(join(paths.folder, name)) : undefined;
    if (found !== undefined) leftovers.push(found);
  }
  const orphanedBlobs = blobs.filter((blob) => !usedEtags.has(basename(blob.path)) && !usedInodes.has(blob.inode));
  return { blobs, orphanedBlobs, partials, leftovers };
}

async function describeLoose(path: string): Promise<CachedLoose | undefined> {
  const own = await unlessMissing(lstat(path));
  if (own === undefined) return undefined;
  const shared = own.isSymbolicLink();
  const end = shared ? await unlessMissing(stat(path)) : own;
  const { inode, modifiedMs } = statsOf(end ?? own);
  const bytes = end?.isFile() === true ? end.size : 0;
  return { path, bytes, lastModifiedMs: modifiedMs, changedMs: own.ctimeMs, inode, shared };
}

/** Ref names and the commits they are at. */
async function listRefs(paths: RepositoryPaths, warnings: CacheWarning[]): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  const entries = (await unlessMissing(readdir(paths.refs, { recursive: true, withFileTypes: true }))) ?? [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await unlessMissing(readFile(path, 'utf8'));
    if (text === undefined) continue;
    if (isCommitHash(text.trim())) refs.set(relative(paths.refs, path).split(sep).join('/'), text.trim());
    else warnings.push({ path, message: 'The ref does not hold the name of a commit.' });
  }
  return refs;
}
