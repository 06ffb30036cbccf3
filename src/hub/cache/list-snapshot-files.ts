import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { unlessMissing } from '../../locks/has-error-code.js';
import type { RepositoryPaths } from './cache-paths.js';

/** What the file system says about content; times in milliseconds. */
export interface ContentStats {
  readonly bytes: number;
  readonly accessedMs: number;
  readonly modifiedMs: number;
  /** Equal for two names of the same content. */
  readonly inode: string;
}

/** A file of a snapshot as it lies there. */
export interface SnapshotFile {
  /** In the repository, segments separated by "/". */
  readonly path: string;
  readonly absolutePath: string;
  /** The blob that it links to; `undefined` for a plain file and for a link to elsewhere. */
  readonly etag: string | undefined;
  /** `foreign`: a link out of the repository's blobs, which is never followed for content. */
  readonly kind: 'link' | 'file' | 'foreign';
  /** Of what is at the end of the link; `undefined` when there is nothing. */
  readonly content: ContentStats | undefined;
}

/** All files of a snapshot, sorted by path; empty when there is no such folder. Reads only. */
export async function listSnapshotFiles(paths: RepositoryPaths, snapshot: string): Promise<SnapshotFile[]> {
  const files: SnapshotFile[] = [];
  await walk('');
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));

  async function walk(prefix: string): Promise<void> {
    const folder = join(snapshot, prefix);
    for (const entry of (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? []) {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else {
        const file = await describe(paths, path, join(folder, entry.name));
        if (file !== undefined) files.push(file);
      }
    }
  }
}

async function describe(paths: RepositoryPaths, path: string, absolutePath: string): Promise<SnapshotFile | undefined> {
  const own = await unlessMissing(lstat(absolutePath));
  if (own === undefined) return undefined; // removed while we were reading
  if (!own.isSymbolicLink()) {
    if (!own.isFile()) return undefined;
    return { path, absolutePath, etag: undefined, kind: 'file', content: statsOf(own) };
  }
  const target = await unlessMissing(readlink(absolutePath));
  if (target === undefined) return undefined;
  // One hop only, as text: a blob may itself be a link into Python's store of blobs shared by repositories.
  const blob = resolve(dirname(absolutePath), target);
  const blobs = resolve(paths.blobs) + sep;
  const etag = blob.slice(blobs.length);
  if (!blob.startsWith(blobs) || etag === '' || etag.includes(sep)) {
    return { path, absolutePath, etag: undefined, kind: 'foreign', content: undefined };
  }
  const found = await unlessMissing(stat(blob));
  return { path, absolutePath, etag, kind: 'link', content: found?.isFile() === true ? statsOf(found) : undefined };
}

/** The part of `fs.Stats` that matters here. */
export function statsOf(stats: Awaited<ReturnType<typeof stat>>): ContentStats {
  return {
    bytes: Number(stats.size),
    accessedMs: Number(stats.atimeMs),
    modifiedMs: Number(stats.mtimeMs),
    inode: `${stats.dev}:${stats.ino}`,
  };
}
