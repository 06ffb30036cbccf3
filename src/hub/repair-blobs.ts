import { HornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import { repositoryPaths } from './cache/cache-paths.js';
import { publishSnapshot } from './cache/publish-snapshot.js';
import type { BlobUse, DamagedBlob } from './cache/verify-cache.js';
import { downloadFiles } from './download-files.js';
import type { HubEnvironment } from './hub-environment.js';
import { createHubFetch } from './hub-fetch.js';
import { listRepository } from './list-repository.js';
import { translateHubError } from './translate-hub-error.js';

/** What the Hub says of things that it does not have any more, or does not show any more. */
const gone: ReadonlySet<string> = new Set([
  'ERR_HUB_REPOSITORY_NOT_FOUND',
  'ERR_HUB_REVISION_NOT_FOUND',
  'ERR_HUB_FILE_NOT_FOUND',
  'ERR_HUB_GATED',
  'ERR_HUB_UNAUTHORIZED',
]);

/**
 * Fetches damaged blobs again. Each stays until its verified replacement takes its name.
 * @returns those that nothing can be done about: unused ones, and files that the Hub does not have or show any more
 * @throws ERR_HUB_UNREACHABLE, ERR_CACHE_*, ERR_CHECKSUM_MISMATCH; ERR_HUB_OFFLINE
 */
export async function repairBlobs(
  damaged: readonly DamagedBlob[],
  environment: HubEnvironment,
  log: Logger,
): Promise<DamagedBlob[]> {
  if (environment.offline && damaged.length > 0) {
    throw new HornetError('ERR_HUB_OFFLINE', 'Damaged files cannot be fetched again while fetching is turned off.');
  }
  const left: DamagedBlob[] = [];
  for (const blob of damaged) if (!(await repair(blob, environment, log))) left.push(blob);
  return left;
}

async function repair(blob: DamagedBlob, environment: HubEnvironment, log: Logger): Promise<boolean> {
  if (blob.kind !== 'model') return false;
  const { endpoint, token } = environment;
  const { repository } = blob;
  // A commit may be gone from the Hub while another one that has the same file is not.
  for (const use of blob.usedBy) {
    try {
      if (await repairFrom(blob, use, environment, log)) return true;
    } catch (thrown) {
      const context = { repository, revision: use.commit, endpoint, hasToken: token !== undefined };
      const error = translateHubError(thrown, context);
      if (!(error instanceof HornetError && gone.has(error.code))) throw error;
      log.warn({ event: 'cache.unrepaired', repository, file: use.path, code: error.code }, error.message);
    }
  }
  return false;
}

async function repairFrom(blob: DamagedBlob, use: BlobUse, environment: HubEnvironment, log: Logger): Promise<boolean> {
  const { endpoint, token, cacheDir, symlinks } = environment;
  const { repository } = blob;
  const { files } = await listRepository(repository, use.commit, endpoint, createHubFetch({ endpoint, token }));
  const file = files.find(({ path, etag }) => path === use.path && etag === blob.etag);
  if (file === undefined) return false;
  const paths = repositoryPaths(cacheDir, repository);
  await downloadFiles({ paths, commit: use.commit, files: [file], endpoint, token, force: true, log });
  for (const { commit, path } of blob.usedBy) {
    await publishSnapshot(paths, { commit, files: [{ ...file, path }], symlinks, replace: true });
  }
  return true;
}
