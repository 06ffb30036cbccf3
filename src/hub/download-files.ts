import { stat, statfs } from 'node:fs/promises';
import pLimit from 'p-limit';
import { HornetError } from '../errors/hornet-error.js';
import { unlessMissing } from '../locks/has-error-code.js';
import { withFileLock } from '../locks/with-file-lock.js';
import type { Logger } from '../logging/create-logger.js';
import { blobLockPath, blobPath, partialPath, type RepositoryPaths } from './cache/cache-paths.js';
import { commitBlob } from './cache/commit-blob.js';
import { downloadBlob } from './download/download-blob.js';
import type { DownloadOptions, HubRequest } from './download/download-options.js';
import { hubRequest } from './download/hub-request.js';
import type { ProgressMeter } from './fetch-progress.js';
import type { RepositoryFile } from './list-repository.js';

/** Files that are downloaded at once; a large one uses several connections besides. */
const parallelFiles = 4;

/** What {@link downloadFiles} needs. */
export interface DownloadFilesRequest {
  readonly paths: RepositoryPaths;
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
  readonly endpoint: string;
  readonly token: string | undefined;
  /** Fetch blobs that are there again; each is replaced when its new copy is verified. */
  readonly force: boolean;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  readonly meter?: ProgressMeter | undefined;
  /** Retries and time limits of the download, for tests. */
  readonly download?: Partial<DownloadOptions> | undefined;
}

/**
 * Brings blobs into the cache. Those that are there are left alone; another process that downloads one of them is
 * waited for, and its result used.
 * @throws ERR_CACHE_NO_SPACE before anything is downloaded; ERR_HUB_UNREACHABLE, ERR_CHECKSUM_MISMATCH,
 *   ERR_CACHE_UNWRITABLE, HttpStatusError
 */
export async function downloadFiles(request: DownloadFilesRequest): Promise<void> {
  const { paths, force } = request;
  const wanted: RepositoryFile[] = [];
  // Several paths may have the same content.
  for (const file of new Map(request.files.map((entry) => [entry.etag, entry])).values()) {
    if (force || !(await hasBlob(paths, file))) wanted.push(file);
  }
  if (wanted.length === 0) return;
  await requireSpace(paths, wanted);
  request.meter?.expect(wanted.reduce((sum, { bytes }) => sum + bytes, 0));
  const limit = pLimit(parallelFiles);
  // The first failure stops the other files; what they have stays for the next try.
  const stop = new AbortController();
  const signal = request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
  const results = await Promise.allSettled(
    wanted.map((file) =>
      limit(() => downloadFile(request, file, signal)).catch((error: unknown) => {
        stop.abort(error);
        throw error;
      }),
    ),
  );
  request.signal?.throwIfAborted();
  if (results.some(({ status }) => status === 'rejected')) throw stop.signal.reason;
}

async function downloadFile(request: DownloadFilesRequest, file: RepositoryFile, signal: AbortSignal): Promise<void> {
  const { paths, log, meter } = request;
  signal.throwIfAborted();
  const before = await identityOf(paths, file);
  const onWait = (): void =>
    log.info(
      { event: 'download.waiting', file: file.path },
      `Another process is downloading ${file.path}; waiting for it`,
    );
  await withFileLock(blobLockPath(paths, file.etag), { signal, onWait }, async (lock) => {
    if (await isFetched(request, file, before)) {
      meter?.add(file.bytes, 'reused');
      return;
    }
    await downloadBlob(
      { url: resolveUrl(request, file), size: file.bytes, digest: file.digest },
      {
        ...request.download,
        incompletePath: partialPath(paths, file.etag),
        request: hubRequestWith(request.token),
        onBytes: (bytes, kind) => meter?.add(bytes, kind),
        signal: AbortSignal.any([signal, lock.signal]),
        log,
      },
    );
    await lock.assertHeld();
    await commitBlob(paths, file.etag, { expectedBytes: file.bytes });
  });
}

/** Whether another process has brought the blob while this one waited for the lock. */
async function isFetched(
  { paths, force }: DownloadFilesRequest,
  file: RepositoryFile,
  before: string | undefined,
): Promise<boolean> {
  if (!(await hasBlob(paths, file))) return false;
  return !force || (await identityOf(paths, file)) !== before;
}

/** Differs for a copy that has replaced another. Its ctime would not do: noting the last use changes it. */
async function identityOf(paths: RepositoryPaths, file: RepositoryFile): Promise<string | undefined> {
  const found = await unlessMissing(stat(blobPath(paths, file.etag), { bigint: true }));
  return found && `${found.dev}:${found.ino}:${found.mtimeNs / 1000n}`;
}

async function hasBlob(paths: RepositoryPaths, file: RepositoryFile): Promise<boolean> {
  return (await unlessMissing(stat(blobPath(paths, file.etag))))?.size === file.bytes;
}

function resolveUrl({ endpoint, paths, commit }: DownloadFilesRequest, file: RepositoryFile): string {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return `${endpoint}/${paths.repository}/resolve/${commit}/${path}`;
}

function hubRequestWith(token: string | undefined): HubRequest {
  return (url, { headers, signal, withToken }) =>
    hubRequest(url, {
      headers: withToken && token !== undefined ? { ...headers, authorization: `Bearer ${token}` } : headers,
      signal,
    });
}

/** @throws ERR_CACHE_NO_SPACE */
async function requireSpace(paths: RepositoryPaths, wanted: readonly RepositoryFile[]): Promise<void> {
  const partials = await Promise.all(wanted.map(({ etag }) => unlessMissing(stat(partialPath(paths, etag)))));
  // Blocks, not length: a partial file has its full length from the start.
  const partialBytes = partials.reduce((sum, stats) => sum + (stats === undefined ? 0 : stats.blocks * 512), 0);
  const neededBytes = Math.max(0, wanted.reduce((sum, { bytes }) => sum + bytes, 0) - partialBytes);
  const { bavail, bsize } = await statfs(paths.cacheDir);
  const freeBytes = bavail * bsize;
  if (neededBytes <= freeBytes) return;
  throw new HornetError(
    'ERR_CACHE_NO_SPACE',
    `${paths.repository} needs ${neededBytes} more bytes; the volume of the cache has ${freeBytes} free.`,
    { details: { neededBytes, freeBytes } },
  );
}
