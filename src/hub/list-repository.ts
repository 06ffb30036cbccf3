import { isCommitHash } from './cache/cache-names.js';
import type { BlobDigest } from './download/download-options.js';
import { HubUnreachable } from './hub-fetch.js';

/** A file of a repository at one commit. */
export interface RepositoryFile {
  /** In the repository, segments separated by "/". */
  readonly path: string;
  readonly bytes: number;
  readonly digest: BlobDigest;
  /** Name of its blob in the cache: sha256 of large files, git's sha1 of small ones. */
  readonly etag: string;
}

/** A repository as it is now. */
export interface RepositoryListing {
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
}

/**
 * Resolves a branch, tag or commit, and lists the files of that commit.
 * @param request from createHubFetch
 * @throws HttpStatusError, HubUnreachable (also for an answer that is no Hub's, such as the page of a portal)
 */
export async function listRepository(
  repository: string,
  revision: string,
  endpoint: string,
  request: typeof fetch,
): Promise<RepositoryListing> {
  try {
    return await askForListing(repository, revision, endpoint, request);
  } catch (error) {
    if (error instanceof SyntaxError) throw new HubUnreachable(`${endpoint}: its answer is not JSON`, { cause: error });
    throw error;
  }
}

async function askForListing(
  repository: string,
  revision: string,
  endpoint: string,
  request: typeof fetch,
): Promise<RepositoryListing> {
  // Loaded only when the Hub is asked: it takes longer than finding a model in the cache.
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const { sha: commit } = await modelInfo({
    name: repository,
    revision,
    additionalFields: ['sha'],
    hubUrl: endpoint,
    fetch: request,
  });
  if (!isCommitHash(String(commit))) throw new HubUnreachable(`${endpoint}: its answer names no commit`);
  const files: RepositoryFile[] = [];
  // Listed at the commit, not at the branch, which may move in between.
  const entries = listFiles({
    repo: { type: 'model', name: repository },
    revision: commit,
    recursive: true,
    hubUrl: endpoint,
    fetch: request,
  });
  for await (const { type, path, size, oid, lfs } of entries) {
    if (type !== 'file') continue;
    if (lfs !== undefined) {
      files.push({ path, bytes: lfs.size, digest: { algorithm: 'sha256', hex: lfs.oid }, etag: lfs.oid });
    } else if (oid !== undefined) {
      files.push({ path, bytes: size, digest: { algorithm: 'git-sha1', hex: oid }, etag: oid });
    }
  }
  return { commit, files };
}
