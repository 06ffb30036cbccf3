import { HornetError } from '../../errors/hornet-error.js';
import { BlobConnection } from './blob-connection.js';
import { type BlobSource, type DownloadOptions, type DownloadSettings, withDefaults } from './download-options.js';
import { RangeDownload } from './download-ranges.js';
import { followHash, type HashFollower } from './hash-follower.js';
import { withoutQuery } from './http-status-error.js';
import { PartialFile } from './partial-file.js';
import { ContentChanged, RangesIgnored } from './try-failure.js';

/**
 * Turns one URL into one verified file: on success `incompletePath` holds exactly the bytes of `source.digest`, on
 * the disk, and the caller renames it. After a failure or a kill at any byte the partial file and its journal stay,
 * and the next call goes on from there. Bytes with another digest are discarded and fetched once more.
 *
 * @throws HttpStatusError when the Hub refuses (401, 403, 404, ...), for the caller to translate
 * @throws ERR_HUB_UNREACHABLE when tries without progress are used up
 * @throws ERR_CHECKSUM_MISMATCH with `details` `{ algorithm, expected, found }`
 * @throws ERR_CACHE_NO_SPACE, ERR_CACHE_UNWRITABLE, ERR_CACHE_DAMAGED for the partial file
 * @throws the reason of `options.signal`
 */
export async function downloadBlob(source: BlobSource, options: DownloadOptions): Promise<void> {
  const settings = withDefaults(options);
  settings.signal.throwIfAborted();
  const first = await runPass(source, settings, true);
  if (first === undefined) return;
  settings.log.warn({ event: 'download.discarded', url: withoutQuery(source.url), reason: first }, 'starting over');
  const second = await runPass(source, settings, false);
  if (second === undefined) return;
  const { algorithm, hex } = source.digest;
  throw new HornetError(
    'ERR_CHECKSUM_MISMATCH',
    `${withoutQuery(source.url)} is not the file that was announced: ${algorithm} ${hex} was expected, ${second} found.`,
    { details: { algorithm, expected: hex, found: second } },
  );
}

/**
 * Completes and verifies the partial file.
 * @param compareEtags false on the second pass, where only the digest decides
 * @returns undefined, or the digest (or ETags) found instead, when everything was discarded
 */
async function runPass(
  source: BlobSource,
  settings: DownloadSettings,
  compareEtags: boolean,
): Promise<string | undefined> {
  const { incompletePath, onBytes } = settings;
  const file = await PartialFile.open(incompletePath, source, settings.rangeBytes);
  let found: string;
  try {
    if (file.reusedBytes > 0) onBytes(file.reusedBytes, 'reused');
    found = await completeFile(source, settings, file, compareEtags);
    if (found === source.digest.hex) await file.removeJournal();
  } finally {
    await file.close();
  }
  if (found === source.digest.hex) return undefined;
  await PartialFile.discard(incompletePath);
  if (file.reusedBytes > 0) onBytes(-file.reusedBytes, 'reused');
  if (file.doneBytes > file.reusedBytes) onBytes(file.reusedBytes - file.doneBytes, 'downloaded');
  return found;
}

/** Downloads what is missing; resolves with the digest, or with what changed meanwhile. */
async function completeFile(
  source: BlobSource,
  settings: DownloadSettings,
  file: PartialFile,
  compareEtags: boolean,
): Promise<string> {
  const follower = followHash(settings.incompletePath, source);
  try {
    follower.extend(file.prefix());
    await fillFile(source, settings, file, compareEtags, follower);
    // Hashing the rest and waiting for the disk take their time side by side
    const [digest] = await Promise.all([follower.digest(), file.sync()]);
    settings.signal.throwIfAborted();
    return digest;
  } catch (error) {
    if (error instanceof ContentChanged) return error.message;
    throw error;
  } finally {
    await follower.close();
  }
}

async function fillFile(
  source: BlobSource,
  settings: DownloadSettings,
  file: PartialFile,
  compareEtags: boolean,
  follower: HashFollower,
): Promise<void> {
  const connection = new BlobConnection(source, settings, compareEtags);
  const onWritten = (bytes: number): void => {
    follower.extend(file.prefix());
    settings.onBytes(bytes, 'downloaded');
  };
  for (let parallel = settings.parallelRanges; file.doneBytes < source.size; ) {
    try {
      await new RangeDownload(source, settings, file, connection, parallel, onWritten).run();
    } catch (error) {
      if (!(error instanceof RangesIgnored) || parallel === 1) throw error;
      parallel = 1;
    }
  }
}
