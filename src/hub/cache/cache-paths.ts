import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { assertCommit, assertEtag, assertFilePath, assertRepositoryName, assertRevision } from './cache-names.js';

/**
 * Where things lie in a Hub cache, as Python's huggingface_hub lays them out:
 * ```text
 * CACHE/models--ORG--NAME/blobs/ETAG                  the content, once
 *                         snapshots/COMMIT/PATH       -> ../../blobs/ETAG
 *                         refs/REVISION               the commit, 40 digits without a newline
 *                         .no_exist/COMMIT/PATH       empty: known not to exist
 *                         trees/COMMIT.json           list of files; Python's, only read here
 * CACHE/.locks/models--ORG--NAME/ETAG.lock            Python's (flock); ETAG.hornet-lock is ours
 * ```
 * Ours are also `blobs/ETAG.hornet.incomplete` with its journal, and `.hornet-*` in the folder of the
 * repository, for what is about to be renamed. Not beside their targets: Python takes every file below
 * refs for a ref and every entry of snapshots for a revision, and warns about the ones that do not fit.
 * @see https://huggingface.co/docs/huggingface_hub/guides/manage-cache
 */
export interface RepositoryPaths {
  readonly cacheDir: string;
  /** `ORG/NAME`, or `NAME`. */
  readonly repository: string;
  readonly folder: string;
  readonly blobs: string;
  readonly snapshots: string;
  readonly refs: string;
  readonly noExist: string;
  readonly trees: string;
  readonly locks: string;
}

/**
 * The folder of a model repository: `CACHE/models--ORG--NAME`.
 * @throws ERR_HUB_REPOSITORY_NOT_FOUND for what cannot be a repository's name
 */
export function repositoryFolder(cacheDir: string, repository: string): string {
  return join(cacheDir, repositoryFolderName(repository));
}

function repositoryFolderName(repository: string): string {
  assertRepositoryName(repository);
  return ['models', ...repository.split('/')].join('--');
}

/**
 * All folders of a model repository.
 * @throws ERR_HUB_REPOSITORY_NOT_FOUND for what cannot be a repository's name
 */
export function repositoryPaths(cacheDir: string, repository: string): RepositoryPaths {
  const name = repositoryFolderName(repository);
  return pathsOfFolder(cacheDir, repository, name);
}

/** The same for a folder found in the cache, which may be a data set's; `name` is the folder's own. */
export function pathsOfFolder(cacheDir: string, repository: string, name: string): RepositoryPaths {
  const folder = join(cacheDir, name);
  return {
    cacheDir,
    repository,
    folder,
    blobs: join(folder, 'blobs'),
    snapshots: join(folder, 'snapshots'),
    refs: join(folder, 'refs'),
    noExist: join(folder, '.no_exist'),
    trees: join(folder, 'trees'),
    locks: join(cacheDir, '.locks', name),
  };
}

/** A blob under its final name. @throws ERR_HUB_FILE_NOT_FOUND */
export function blobPath(paths: RepositoryPaths, etag: string): string {
  assertEtag(etag);
  return join(paths.blobs, etag);
}

/**
 * The one resumable partial of a blob, written under {@link blobLockPath}. Python counts it among the
 * incomplete downloads that `hf cache prune` deletes, and never resumes it. @throws ERR_HUB_FILE_NOT_FOUND
 */
export function partialPath(paths: RepositoryPaths, etag: string): string {
  return `${blobPath(paths, etag)}.hornet.incomplete`;
}

/** The downloader's journal of the ranges that its partial has. @throws ERR_HUB_FILE_NOT_FOUND */
export function rangesPath(paths: RepositoryPaths, etag: string): string {
  return `${partialPath(paths, etag)}.ranges`;
}

/** The lock under which a blob is downloaded. @throws ERR_HUB_FILE_NOT_FOUND */
export function blobLockPath(paths: RepositoryPaths, etag: string): string {
  assertEtag(etag);
  return join(paths.locks, `${etag}.hornet-lock`);
}

/** The lock under which snapshots and refs are published and anything is removed. */
export function repositoryLockPath(paths: RepositoryPaths): string {
  return join(paths.locks, 'repository.hornet-lock');
}

/** The file that says which commit a branch or tag is at. @throws ERR_HUB_REVISION_NOT_FOUND */
export function refPath(paths: RepositoryPaths, revision: string): string {
  assertRevision(revision);
  return join(paths.refs, ...revision.split('/'));
}

/** The folder of a commit. @throws ERR_HUB_REVISION_NOT_FOUND */
export function snapshotFolder(paths: RepositoryPaths, commit: string): string {
  assertCommit(commit);
  return join(paths.snapshots, commit);
}

/** A file of a commit. @throws ERR_HUB_REVISION_NOT_FOUND, ERR_HUB_FILE_NOT_FOUND */
export function snapshotFile(paths: RepositoryPaths, commit: string, path: string): string {
  assertFilePath(path);
  return join(snapshotFolder(paths, commit), ...path.split('/'));
}

/** The mark that a commit has no such file. @throws ERR_HUB_REVISION_NOT_FOUND, ERR_HUB_FILE_NOT_FOUND */
export function noExistPath(paths: RepositoryPaths, commit: string, path: string): string {
  assertCommit(commit);
  assertFilePath(path);
  return join(paths.noExist, commit, ...path.split('/'));
}

/** What {@link stagingPath} is asked for. */
export type StagingPurpose = 'ref' | 'link' | 'snapshot' | 'removed';

/** A new name in the folder of the repository, invisible to Python, for what is about to be renamed. */
export function stagingPath(paths: RepositoryPaths, purpose: StagingPurpose): string {
  return join(paths.folder, `.hornet-${purpose}-${randomBytes(8).toString('hex')}`);
}
