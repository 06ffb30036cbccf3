import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../locks/has-error-code.js';
import { scanCache } from './scan-cache.js';
import type { CachedLoose, CachedRepository } from './scan-repository.js';
import { unusedBlobs } from './unused-blobs.js';

/** One thing that can go. */
export type PruneItem =
  | {
      readonly kind: 'revision';
      readonly repository: string;
      readonly commit: string;
      readonly refs: readonly string[];
      readonly lastUsedMs: number;
      readonly bytes: number;
    }
  | {
      /** A blob without a snapshot, an unfinished download, or what a killed process left. */
      readonly kind: 'orphan' | 'partial' | 'leftover';
      readonly repository: string;
      readonly path: string;
      readonly changedMs: number;
      readonly bytes: number;
    };

/** What {@link applyPrune} would remove. */
export interface PrunePlan {
  readonly cacheDir: string;
  readonly items: readonly PruneItem[];
  /** Bytes that the volume gets back when all items go. */
  readonly bytes: number;
}

/** What {@link planPrune} goes by; durations in milliseconds. */
export interface PruneOptions {
  /** Revisions whose last use is longer ago. */
  readonly olderThanMs?: number | undefined;
  /** Revisions that no branch or tag points to any more. Together with `olderThanMs`: only those that are both. */
  readonly unreferenced?: boolean | undefined;
  /** Revisions to keep whatever their age, such as those that are being served. */
  readonly keep?: ((repository: string, commit: string) => boolean) | undefined;
  /** Unfinished downloads older than this; default a week. */
  readonly partialsOlderThanMs?: number | undefined;
  /** Blobs without a snapshot older than this; default an hour, because a fetch links them only when all are there. */
  readonly orphansOlderThanMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests: milliseconds since 1970. */
  readonly now?: number | undefined;
}

const hourMs = 3_600_000;
const weekMs = 7 * 24 * hourMs;

/**
 * Lists what can go from a cache; changes nothing. Only models: other kinds of repositories in a shared
 * cache are none of our business. Without `olderThanMs` and `unreferenced` only waste is listed.
 * @throws ERR_CANCELLED
 */
export async function planPrune(cacheDir: string, options: PruneOptions = {}): Promise<PrunePlan> {
  const now = options.now ?? Date.now();
  const { signal } = options;
  const { repositories } = await scanCache(cacheDir, signal === undefined ? {} : { signal });
  const items: PruneItem[] = [];
  for (const repository of repositories) {
    if (repository.kind !== 'model') continue;
    items.push(...planRevisions(repository, options, now));
    const loose = (kind: 'orphan' | 'partial' | 'leftover', found: CachedLoose): PruneItem => {
      const { path, changedMs, shared } = found;
      return { kind, repository: repository.repository, path, changedMs, bytes: shared ? 0 : found.bytes };
    };
    const olderThan = (ms: number) => (found: CachedLoose) => now - found.changedMs > ms;
    const orphanAge = options.orphansOlderThanMs ?? hourMs;
    const partialAge = options.partialsOlderThanMs ?? weekMs;
    items.push(...repository.orphanedBlobs.filter(olderThan(orphanAge)).map((found) => loose('orphan', found)));
    items.push(...repository.partials.filter(olderThan(partialAge)).map((found) => loose('partial', found)));
    items.push(...repository.leftovers.filter(olderThan(hourMs)).map((found) => loose('leftover', found)));
  }
  items.push(...(await planRemovedFolders(cacheDir, now)));
  return { cacheDir, items, bytes: items.reduce((sum, item) => sum + item.bytes, 0) };
}

function planRevisions(repository: CachedRepository, options: PruneOptions, now: number): PruneItem[] {
  const { olderThanMs, unreferenced = false, keep = () => false } = options;
  if (olderThanMs === undefined && !unreferenced) return [];
  const items: PruneItem[] = [];
  const going = new Set<string>();
  const filesOf = (leaving: boolean) =>
    repository.revisions.filter((revision) => going.has(revision.commit) === leaving).flatMap(({ files }) => files);
  let planned = 0;
  for (const { commit, refs, lastUsedMs } of repository.revisions) {
    if (unreferenced && refs.length > 0) continue;
    if (olderThanMs !== undefined && now - lastUsedMs <= olderThanMs) continue;
    if (keep(repository.repository, commit)) continue;
    going.add(commit);
    // What several of them share counts for the one that goes last.
    const { bytes } = unusedBlobs(repository.blobs, filesOf(true), filesOf(false));
    const { repository: name } = repository;
    items.push({ kind: 'revision', repository: name, commit, refs, lastUsedMs, bytes: bytes - planned });
    planned = bytes;
  }
  return items;
}

/** Folders of repositories that were moved below `.locks` to be deleted, by a process that was killed then. */
async function planRemovedFolders(cacheDir: string, now: number): Promise<PruneItem[]> {
  const items: PruneItem[] = [];
  const locks = join(cacheDir, '.locks');
  for (const name of (await unlessMissing(readdir(locks))) ?? []) {
    for (const entry of (await unlessMissing(readdir(join(locks, name)))) ?? []) {
      const path = join(locks, name, entry);
      const stats = entry.endsWith('.hornet-removed') ? await unlessMissing(lstat(path)) : undefined;
      if (stats === undefined || now - stats.ctimeMs <= hourMs) continue;
      const repository = name.split('--').slice(1).join('/');
      items.push({ kind: 'leftover', repository, path, changedMs: stats.ctimeMs, bytes: await folderBytes(path) });
    }
  }
  return items;
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of (await unlessMissing(readdir(folder, { recursive: true, withFileTypes: true }))) ?? []) {
    if (entry.isFile()) bytes += (await unlessMissing(lstat(join(entry.parentPath, entry.name))))?.size ?? 0;
  }
  return bytes;
}
