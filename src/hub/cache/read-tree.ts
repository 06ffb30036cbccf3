import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../../locks/has-error-code.js';
import { isObject } from '../../schema/is-object.js';
import { assertCommit } from './cache-names.js';
import type { RepositoryPaths } from './cache-paths.js';

/** What the Hub said about a file of a commit. */
export interface TreeEntry {
  readonly bytes: number;
  /** The name that its blob has: sha256 for large files, git blob sha1 for others. */
  readonly etag: string;
}

/**
 * The list of a commit's files that Python's `snapshot_download` leaves in `trees/COMMIT.json`, or
 * `undefined` when it did not, or in a format that is not known. Never written by Hornet: with such a
 * list Python calls a snapshot incomplete that has only the files that a classifier needs.
 */
export async function readTree(
  paths: RepositoryPaths,
  commit: string,
): Promise<ReadonlyMap<string, TreeEntry> | undefined> {
  assertCommit(commit);
  const text = await unlessMissing(readFile(join(paths.trees, `${commit}.json`), 'utf8'));
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(parsed)) return undefined;
  const { format_version: version, files } = parsed;
  if (version !== 1 || !isObject(files)) return undefined;
  const tree = new Map<string, TreeEntry>();
  for (const [path, entry] of Object.entries(files)) {
    if (!isObject(entry)) return undefined;
    const { size, blob_id: blobId, lfs_sha256: sha256 } = entry;
    const etag = sha256 ?? blobId;
    if (typeof size !== 'number' || typeof etag !== 'string') return undefined;
    tree.set(path, { bytes: size, etag });
  }
  return tree;
}
