import { loadConfig } from '../config/load-config.js';
import { HornetError } from '../errors/hornet-error.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { cpuDtypeOrder } from '../model/choose-onnx-file.js';
import type { Dtype } from '../model/classifier-model.js';
import { isCommitHash } from './cache/cache-names.js';
import { blobPath, type RepositoryPaths, repositoryPaths } from './cache/cache-paths.js';
import { makeFolder } from './cache/durable-folder.js';
import { ensureCacheFolder } from './cache/ensure-cache-folder.js';
import { findSnapshot } from './cache/find-snapshot.js';
import { markNotExisting } from './cache/no-exist.js';
import { publishSnapshot, type SnapshotEntry } from './cache/publish-snapshot.js';
import { readRef } from './cache/read-ref.js';
import type { DownloadOptions } from './download/download-options.js';
import { downloadFiles } from './download-files.js';
import { externalDataPaths } from './external-data-paths.js';
import { type FetchProgress, ProgressMeter } from './fetch-progress.js';
import { type CachedModel, findCachedModel, notCached } from './find-cached-model.js';
import type { HubEnvironment } from './hub-environment.js';
import { createHubFetch } from './hub-fetch.js';
import { listRepository, type RepositoryFile, type RepositoryListing } from './list-repository.js';
import { processorConfigs, selectModelFiles } from './select-model-files.js';
import { translateHubError } from './translate-hub-error.js';

/** Options of {@link fetchModel}. */
export interface FetchModelOptions {
  /** Default: what the environment variables say (HF_*, HORNET_HOME, HORNET_OFFLINE, ...). */
  readonly environment?: HubEnvironment | undefined;
  /** Branch, tag or commit, default `main`. */
  readonly revision?: string | undefined;
  /** ONNX file to have, default `auto`: the first of `dtypeOrder` that the repository has. */
  readonly dtype?: Dtype | 'auto' | undefined;
  /** Default: what the CPU prefers. */
  readonly dtypeOrder?: readonly Dtype[] | undefined;
  /** Fetch again what is there; the old copy serves until the new one is verified. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log?: Logger | undefined;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Retries and time limits, for tests. */
  readonly attempts?: number | undefined;
  readonly download?: Partial<DownloadOptions> | undefined;
}

/** A model in a cache, whole. */
export interface FetchedModel extends CachedModel {
  /** `hub`: compared with the Hub just now; `cache`: offline, pinned to a commit, or the Hub was unreachable. */
  readonly source: 'hub' | 'cache';
}

/** Tries to ask the Hub, and the longest wait between them (ms), when an older answer is in the cache. */
const impatience = { attempts: 2, longestWaitMs: 10_000 };

/** Times that a snapshot is published again because its blobs were pruned in between. */
const maxPublishTries = 3;

/**
 * Makes sure that the cache has what a classifier needs of a repository of the Hub, and says where. What is there is
 * not fetched again; a revision that has moved is. When the Hub cannot be reached, what is cached is used.
 * @param repository `ORG/NAME`
 * @throws ERR_HUB_*, ERR_CACHE_*, ERR_CHECKSUM_MISMATCH, ERR_MODEL_DTYPE_NOT_FOUND, ERR_LOCK_TIMEOUT, the signal's reason
 */
export async function fetchModel(repository: string, options: FetchModelOptions = {}): Promise<FetchedModel> {
  const {
    environment = loadConfig({ folder: null }).hub,
    revision = 'main',
    log = silentLogger,
    force = false,
  } = options;
  const query = {
    repository,
    revision,
    dtype: options.dtype ?? 'auto',
    dtypeOrder: options.dtypeOrder ?? cpuDtypeOrder,
    environment,
  };
  if (environment.offline) {
    if (force) throw new HornetError('ERR_CONFIG_INVALID', 'A download cannot be forced while fetching is turned off.');
    const search = await findCachedModel(query);
    if ('folder' in search) return { ...search, source: 'cache' };
    throw notCached(query, search);
  }
  // What a commit is never changes, so there is nothing to ask.
  if (isCommitHash(revision) && !force) {
    const search = await findCachedModel(query);
    if ('folder' in search) return { ...search, source: 'cache' };
  }
  try {
    return { ...(await fetchFromHub(query, options, log)), source: 'hub' };
  } catch (thrown) {
    options.signal?.throwIfAborted();
    const { endpoint, token } = environment;
    const error = translateHubError(thrown, { repository, revision, endpoint, hasToken: token !== undefined });
    if (!(error instanceof HornetError && error.code === 'ERR_HUB_UNREACHABLE') || force) throw error;
    const search = await findCachedModel(query);
    if (!('folder' in search)) throw error;
    log.warn(
      { event: 'hub.unreachable', repository, commit: search.commit },
      `${error.message} Serving ${repository} from the cache, at commit ${search.commit}.`,
    );
    return { ...search, source: 'cache' };
  }
}

interface HubQuery {
  readonly repository: string;
  readonly revision: string;
  readonly dtype: Dtype | 'auto';
  readonly dtypeOrder: readonly Dtype[];
  readonly environment: HubEnvironment;
}

async function fetchFromHub(query: HubQuery, options: FetchModelOptions, log: Logger): Promise<CachedModel> {
  const { repository, revision, environment } = query;
  const { endpoint, token, cacheDir } = environment;
  const { signal, onProgress, download, force = false } = options;
  const patience = !force && (await isKnown(query)) ? impatience : {};
  const attempts = options.attempts === undefined ? {} : { attempts: options.attempts };
  const request = createHubFetch({ endpoint, token, signal, ...patience, ...attempts });
  const listing = await listRepository(repository, revision, endpoint, request);
  const allPaths = listing.files.map(({ path }) => path);
  const selected = selectModelFiles(repository, allPaths, query.dtype, query.dtypeOrder);
  if (!force) {
    const sizes = new Map(listing.files.map(({ path, bytes }) => [path, bytes]));
    const pinned = { ...query, revision: listing.commit, dtype: selected.dtype };
    const search = await findCachedModel(pinned, { needed: selected.paths, sizes });
    if ('folder' in search) {
      await noteRevision(search, query, listing, { log, signal });
      return { ...search, revision };
    }
  }
  log.info({ event: 'hub.fetch', repository, commit: listing.commit, files: selected.paths }, `Fetching ${repository}`);
  const paths = repositoryPaths(cacheDir, repository);
  await ensureCacheFolder(cacheDir);
  await makeFolder(paths.blobs);
  const meter = new ProgressMeter(onProgress ?? (() => {}));
  let files = filesAt(listing, selected.paths);
  for (let tries = 1; ; tries++) {
    const once = force && tries === 1;
    const job = { paths, commit: listing.commit, endpoint, token, log, force: once, signal, meter, download };
    await downloadFiles({ ...job, files });
    const external = await externalFiles(paths, listing, selected.onnx, files);
    await downloadFiles({ ...job, files: external });
    files = [...files, ...external];
    const outcome = await publishSnapshot(
      paths,
      {
        commit: listing.commit,
        revision,
        files: files.map(({ path, etag, bytes }): SnapshotEntry => ({ path, etag, bytes })),
        symlinks: environment.symlinks,
        replace: force,
      },
      { signal },
    );
    if (outcome.published) {
      await noteAbsence(paths, listing, log);
      const { dtype } = selected;
      const own = files.map(({ path }) => path);
      return { folder: outcome.folder, repository, revision, commit: listing.commit, dtype, files: own, cacheDir };
    }
    if (tries === maxPublishTries) {
      const missing = outcome.missing.map(({ path }) => path).join(', ');
      throw new HornetError('ERR_CACHE_INCOMPLETE', `${missing} of ${repository} vanished from the cache repeatedly.`);
    }
  }
}

/** Whether a cache knows the revision at all, so that waiting for the Hub is not all that can be done. */
async function isKnown({ repository, revision, environment }: HubQuery): Promise<boolean> {
  const { cacheDir, bakedCacheDir } = environment;
  return (await findSnapshot({ cacheDir, bakedCacheDirs: [bakedCacheDir], repository, revision })).found;
}

/** Notes which processor config the repository does not have, so that Python's libraries need not ask for it. */
async function noteAbsence(paths: RepositoryPaths, { commit, files }: RepositoryListing, log: Logger): Promise<void> {
  try {
    for (const path of processorConfigs) {
      if (!files.some((file) => file.path === path)) await markNotExisting(paths, commit, path);
    }
  } catch (error) {
    log.warn({ event: 'cache.unwritable', err: error }, `The cache cannot note what ${paths.repository} does not have`);
  }
}

/** The ref follows the Hub also when the commit was there already; a cache that cannot be written stays as it is. */
async function noteRevision(
  found: CachedModel,
  { repository, revision, environment }: HubQuery,
  listing: RepositoryListing,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal | undefined },
): Promise<void> {
  if (found.cacheDir !== environment.cacheDir || revision === listing.commit) return;
  try {
    const paths = repositoryPaths(environment.cacheDir, repository);
    if ((await readRef(paths, revision)) === listing.commit) return;
    await publishSnapshot(paths, { commit: listing.commit, revision, files: [] }, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    log.warn(
      { event: 'cache.unwritable', err: error },
      `The cache cannot note that ${revision} is at ${listing.commit}`,
    );
  }
}

function filesAt(listing: RepositoryListing, wanted: readonly string[]): RepositoryFile[] {
  return listing.files.filter(({ path }) => wanted.includes(path));
}

/**
 * External data of the ONNX file by the names that its graph gives, where they were not guessed already.
 * @throws ERR_HUB_FILE_NOT_FOUND where the repository does not have it
 */
async function externalFiles(
  paths: RepositoryPaths,
  listing: RepositoryListing,
  onnx: string,
  fetched: readonly RepositoryFile[],
): Promise<RepositoryFile[]> {
  const file = fetched.find(({ path }) => path === onnx);
  if (file === undefined) return [];
  const known = new Set(fetched.map(({ path }) => path));
  const wanted = (await externalDataPaths(blobPath(paths, file.etag), onnx)).filter((path) => !known.has(path));
  const found = filesAt(listing, wanted);
  const missing = wanted.filter((path) => !found.some((entry) => entry.path === path));
  if (missing.length === 0) return found;
  throw new HornetError(
    'ERR_HUB_FILE_NOT_FOUND',
    `${onnx} of ${paths.repository} keeps weights in ${missing.join(', ')}, which the repository does not have.`,
    { details: { missing } },
  );
}
