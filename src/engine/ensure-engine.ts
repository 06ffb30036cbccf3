import { messageOf } from '../errors/hornet-error.js';
import type { FetchProgress } from '../hub/fetch-progress.js';
import { gpuDtypeOrder } from '../model/choose-onnx-file.js';
import type { ClassifierModel } from '../model/classifier-model.js';
import { findOnnxFile } from '../model/find-onnx-file.js';
import { loadModelFolder } from '../model/load-model-folder.js';
import { KeptSkeleton } from '../onnx/kept-skeleton.js';
import { describeProgress } from '../serving/describe-progress.js';
import { locateModel } from '../serving/locate-model.js';
import { chooseEngineTarget, type EngineTarget, engineTargetOnGpu } from './choose-engine-target.js';
import { describeHardware } from './compare-fingerprints.js';
import { engineFolderName } from './engine-names.js';
import type { EngineProgress, EngineRequest, EngineResult } from './engine-request.js';
import { type EngineSearch, EngineStore, type StoredEngine } from './engine-store.js';
import { type EngineWork, fingerprintOf } from './engine-work.js';
import type { StaleFolder } from './fingerprint-folders.js';
import { hashWeights } from './hash-weights.js';
import { parseTargets } from './parse-targets.js';
import { tellWaiting } from './tell-waiting.js';

/**
 * Makes sure that the engine of a model is on the volume: finds it, or builds it under a lock, so that of several
 * processes one builds and the others find. Does nothing, and writes nothing, where it is there.
 * @throws ERR_GPU_MISSING, ERR_TENSORRT_*, ERR_CANCELLED, ERR_CACHE_NO_SPACE, ERR_CACHE_UNWRITABLE, ERR_USAGE, and what
 *   fetching and reading the model throws
 */
export async function ensureEngine(request: EngineRequest): Promise<EngineResult> {
  const startedAt = performance.now();
  // What cannot work is said before anything is fetched.
  const target = chooseTarget(request);
  const report = monotonic(request.onProgress);
  const skeletons = new KeptSkeleton();
  const model = request.model ?? (await readModel(request, skeletons, report));
  report({ phase: 'checking', percent: 0, detail: null });
  // The file is hashed in a thread; this one has code to load meanwhile.
  const [wanted] = await Promise.all([fingerprintOf(request, target, model), builder()]);
  const name = engineFolderName(request.reference);
  const work: EngineWork = { request, target, model, skeletons, wanted, store: new EngineStore(request), name, report };
  const { engine } = await work.store.find(name, wanted, request.signal);
  const outcome =
    engine !== null && !request.force
      ? { engine, outcome: 'fresh' as const, reasons: [] }
      : await buildUnderLock(work, startedAt);
  const pruned = request.keepStale ? [] : await prune(work);
  report({ phase: 'saving', percent: 100, detail: null });
  return { ...outcome, model, pruned, durationMs: performance.now() - startedAt };
}

function builder(): Promise<typeof import('./build-staged-engine.js')> {
  return import('./build-staged-engine.js');
}

function chooseTarget({ targets, device, libraries, report, parts }: EngineRequest): EngineTarget {
  const named = targets.length === 0 ? null : parseTargets(targets);
  if (named === null && report !== undefined) return engineTargetOnGpu(report, device);
  const { gpu, facts, cudaMajorOf } = parts ?? {};
  const options = {
    ...libraries,
    ...(gpu === undefined ? {} : { addon: gpu }),
    ...(facts === undefined ? {} : { facts }),
    ...(cudaMajorOf === undefined ? {} : { cudaMajorOf }),
  };
  return chooseEngineTarget(options, named, device);
}

async function readModel(
  request: EngineRequest,
  skeletons: KeptSkeleton,
  report: EngineWork['report'],
): Promise<ClassifierModel> {
  const { reference, hub, dtype, forceDownload, log, signal } = request;
  const onProgress = (progress: FetchProgress): void => {
    const percent = Math.floor((100 * progress.bytesDone) / Math.max(1, progress.bytesTotal));
    report({ phase: 'downloading', percent, detail: describeProgress(progress) });
  };
  const dtypeOrder = gpuDtypeOrder;
  const folder = await locateModel(reference, {
    environment: hub,
    dtype,
    dtypeOrder,
    force: forceDownload,
    log,
    signal,
    onProgress,
  });
  // Begun early, for it takes long; whoever needs the hash waits for this one. What is wrong is said further on.
  findOnnxFile(folder, dtype, dtypeOrder)
    .then(({ path }) => hashWeights(path, signal))
    .catch(() => {});
  return loadModelFolder(folder, { dtype, dtypeOrder, skeletons });
}

async function buildUnderLock(
  work: EngineWork,
  startedAt: number,
): Promise<Pick<EngineResult, 'engine' | 'outcome' | 'reasons'>> {
  const { request, store, name, wanted } = work;
  const { log, signal, reference } = request;
  let waited = false;
  const tell = tellWaiting(work, 0, { progress: 'builds it', log: 'builds this engine' });
  const onWait: typeof tell = (holder) => {
    waited = true;
    tell(holder);
  };
  return store.withLock(name, wanted, { signal, onWait }, async (lock) => {
    const search = await store.find(name, wanted, lock.signal);
    // Whoever held the lock before has built it; also if it was forced, for that was after our own start.
    if (search.engine !== null && (!request.force || (waited && isSince(search.engine, startedAt)))) {
      return { engine: search.engine, outcome: 'fresh', reasons: [] };
    }
    const reasons = reasonsToBuild(search, request.force);
    announce(work, reasons);
    const { buildStagedEngine } = await builder();
    const engine = await buildStagedEngine(work, lock);
    const { timings, plan } = engine.record;
    const fields = {
      event: 'engine.built',
      model: reference.text,
      folder: engine.folder,
      planBytes: plan.bytes,
      ...timings,
    };
    log.info(fields, `Built the engine of ${reference.text} in ${(timings.totalMs / 1000).toFixed(1)} s`);
    return { engine, outcome: 'built', reasons };
  });
}

function isSince({ record }: StoredEngine, startedAt: number): boolean {
  return Date.parse(record.builtAt) >= performance.timeOrigin + startedAt;
}

function reasonsToBuild({ engine, damaged, stale }: EngineSearch, force: boolean): string[] {
  return [
    ...(engine !== null && force ? ['a new build was asked for'] : []),
    ...damaged.map(({ message }) => message.replace(/\.$/, '')),
    ...new Set(stale.map(({ reasons }) => reasons.join(', '))),
  ];
}

/** One line that says what is built and why. */
function announce({ request, target, model }: EngineWork, reasons: readonly string[]): void {
  const { log, reference, maxBatch } = request;
  const what = `${reference.text} (${model.dtype}, batches up to ${maxBatch}) for ${describeHardware(target.hardware)}`;
  const fields = { event: 'engine.build', model: reference.text, reasons };
  log.info(
    fields,
    reasons.length === 0
      ? `Building the engine of ${what}`
      : `Building the engine of ${what} again; the stored one is stale: ${reasons.join('; ')}`,
  );
  if (target.unlisted.length > 0) {
    log.warn(
      { event: 'engine.unlisted', computeCapabilities: target.unlisted },
      `NVIDIA does not list compute capability ${target.unlisted.join(', ')} for TensorRT-RTX; its builder takes it, ` +
        'but nobody vouches that the engine runs there',
    );
  }
}

/** What cannot be tidied up is no failure: the engine is in place. */
async function prune({ store, name, wanted, request: { log } }: EngineWork): Promise<StaleFolder[]> {
  try {
    const pruned = await store.prune(name, wanted);
    for (const { folder, reasons } of pruned) {
      log.info({ event: 'engine.pruned', folder, reasons }, `Removed a stale engine: ${reasons.join(', ')}`);
    }
    return pruned;
  } catch (error) {
    log.warn({ event: 'engine.unpruned', err: error }, `Stale engines stay for now: ${messageOf(error)}`);
    return [];
  }
}

/** Percent never goes back, but begins anew after a download. */
function monotonic(onProgress: ((progress: EngineProgress) => void) | undefined): EngineWork['report'] {
  let highest = 0;
  return (progress) => {
    if (progress.phase !== 'downloading') highest = Math.max(highest, progress.percent);
    onProgress?.(progress.phase === 'downloading' ? progress : { ...progress, percent: highest });
  };
}
