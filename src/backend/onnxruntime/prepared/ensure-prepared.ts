import { engineFolderName } from '../../../engine/engine-names.js';
import { hashModelFiles } from '../../../engine/hash-weights.js';
import { messageOf } from '../../../errors/hornet-error.js';
import { checkedStates, isUnchanged } from './checked-files.js';
import { knownSettings, measuredSettings } from './measured-settings.js';
import type { PrepareRequest, PrepareResult, PrepareWork } from './prepare-request.js';
import { prepareUnderLock } from './prepare-under-lock.js';
import { fingerprintOfRest, isSameModel } from './prepared-fingerprint.js';
import { hasRightData, PreparedStore, type StoredPrepared } from './prepared-store.js';

/**
 * Makes sure that a model is prepared for this processor: finds it, or prepares it under a lock, so that of several
 * processes one does and the others find. Writes nothing where it is there. How it is best run is measured once for a
 * number of processors.
 * @throws ERR_MODEL_UNPREPARED, ERR_LOCK_TIMEOUT, ERR_CACHE_UNWRITABLE, ERR_CACHE_NO_SPACE; ERR_CANCELLED or the
 *   signal's own reason; what `onWork` throws
 */
export async function ensurePrepared(request: PrepareRequest): Promise<PrepareResult> {
  const { model, reference, signal, thorough, again, cpu } = request;
  const startedAtMs = Date.now();
  const rest = fingerprintOfRest(model);
  const store = new PreparedStore(request);
  const name = engineFolderName(reference);
  if (again === null && !thorough) {
    const prepared = await store.findLike(name, rest, signal);
    const settings = prepared === null ? null : knownSettings(prepared, cpu);
    if (prepared !== null && settings !== null) {
      const found = { prepared, settings, outcome: 'fresh', reasons: [] } as const;
      if (await isUnchanged(prepared, model)) return { ...found, isRight: () => Promise.resolve(true) };
      // Files outside the Hub's cache have to be read for their hashes, so what was prepared last is taken on trust until
      // then.
      const work = { request, store, wanted: prepared.record.fingerprint, name };
      if (reference.source.kind === 'path') return { ...found, isRight: () => isRight(work, prepared) };
    }
  }
  const work: PrepareWork = { request, store, wanted: { ...rest, onnx: await hashModelFiles(model, signal) }, name };
  const { prepared } = await store.find(name, work.wanted, { thorough, signal });
  const made =
    prepared !== null && again === null
      ? {
          prepared,
          outcome: 'fresh' as const,
          reasons: [],
          isRight: () => (thorough ? Promise.resolve(true) : isRight(work, prepared)),
        }
      : await prepareUnderLock(work, startedAtMs);
  if (!request.keepStale) await prune(work);
  return { ...made, settings: await measuredSettings(work, made.prepared) };
}

/** Reads all of the files, and keeps it where all is well, so that the next start need not. */
async function isRight({ request, store, wanted, name }: PrepareWork, prepared: StoredPrepared): Promise<boolean> {
  const { model, signal, log } = request;
  const checked = await checkedStates(model, prepared.dataPath);
  const [data, onnx] = await Promise.all([hasRightData(prepared, signal), hashModelFiles(model, signal)]);
  if (!data || !isSameModel(wanted.onnx, onnx)) return false;
  try {
    await store.withLock(name, wanted, { signal, timeoutMs: 0 }, () => store.keep(name, prepared, { checked }));
  } catch (error) {
    log.debug({ event: 'model.check-not-kept', err: error }, 'The next start will check the prepared model again.');
  }
  return true;
}

/** What cannot be tidied up is no failure: the model is in place. */
async function prune({ store, name, wanted, request: { log } }: PrepareWork): Promise<void> {
  try {
    for (const { folder, reasons } of await store.prune(name, wanted)) {
      log.info({ event: 'model.pruned', folder, reasons }, `Removed a stale prepared model: ${reasons.join(', ')}`);
    }
  } catch (error) {
    log.warn({ event: 'model.unpruned', err: error }, `Stale prepared models stay for now: ${messageOf(error)}`);
  }
}
