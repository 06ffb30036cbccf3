import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { discardStaging } from '../../../engine/fingerprint-folders.js';
import { hashFile } from '../../../engine/hash-file.js';
import { hashModelFiles } from '../../../engine/hash-weights.js';
import { HornetError } from '../../../errors/hornet-error.js';
import type { HeldLock } from '../../../locks/hold-lock.js';
import { fileState } from '../../../onnx/file-state.js';
import { packageVersion } from '../../../package-info.js';
import { workerGraphOf } from '../worker-graph.js';
import { modelStates } from './checked-files.js';
import { defaultLockTimeoutMs, type PrepareResult, type PrepareWork } from './prepare-request.js';
import { isSameModel } from './prepared-fingerprint.js';
import type { StoredPrepared } from './prepared-store.js';
import { runPrepareJob } from './run-prepare-job.js';

/**
 * Prepares a model, unless another process has done so by the time that it is this one's turn.
 * @throws what ensurePrepared throws
 */
export async function prepareUnderLock(
  work: PrepareWork,
  startedAtMs: number,
): Promise<Omit<PrepareResult, 'settings'>> {
  const { request, store, name, wanted } = work;
  const { log, reference, signal, lockTimeoutMs = defaultLockTimeoutMs } = request;
  await request.onWork?.('preparing the model for this processor');
  const options = { signal, timeoutMs: lockTimeoutMs };
  return store.withLock(name, wanted, options, async (lock) => {
    const { prepared, reasons } = await store.find(name, wanted, { thorough: true, signal: lock.signal });
    // Whoever held the lock before has made it; also if it was forced, for that was after our own start.
    const isNew = prepared !== null && Date.parse(prepared.record.preparedAt) >= startedAtMs;
    if (prepared !== null && (request.again === null || isNew))
      return { prepared, outcome: 'fresh', reasons: [], isRight };
    const why = request.again === null ? reasons : [request.again];
    log.info(
      { event: 'model.prepare', model: reference.text, reasons: why },
      `Preparing ${reference.text} for this processor${why.length === 0 ? '' : ` again: ${[...new Set(why)].join('; ')}`}`,
    );
    const made = await prepare(work, lock);
    const { prepareMs, data } = made.record;
    log.info(
      { event: 'model.prepared', model: reference.text, dataBytes: data.bytes, prepareMs },
      `Prepared ${reference.text} in ${(prepareMs / 1000).toFixed(1)} s`,
    );
    return { prepared: made, outcome: 'prepared', reasons: why, isRight };
  });
}

async function prepare({ request, store, name, wanted }: PrepareWork, lock: HeldLock): Promise<StoredPrepared> {
  const { model, reference, cpu, runJob = runPrepareJob } = request;
  const startMs = performance.now();
  const staging = await store.stage(name, wanted);
  try {
    const stem = `model-${randomBytes(6).toString('hex')}`;
    const graphPath = join(staging, `${stem}.onnx`);
    const graph = workerGraphOf(model);
    await runJob({ kind: 'optimise', graph, graphPath, threads: cpu.processors }, { signal: lock.signal });
    const files = await Promise.all([graphPath, join(staging, `${stem}.data`)].map(describeFile));
    const [ofGraph, ofData] = files as [(typeof files)[0], (typeof files)[0]];
    const states = await modelStates(model);
    // A file that was exchanged meanwhile would leave a graph of the one under the name of the other.
    if (!isSameModel(await hashModelFiles(model, lock.signal), wanted.onnx)) {
      throw new HornetError('ERR_MODEL_UNPREPARED', 'The ONNX file was changed while it was being prepared.');
    }
    await lock.assertHeld();
    const made = await store.commit(name, staging, {
      fingerprint: wanted,
      graph: ofGraph,
      data: ofData,
      model: reference.text,
      preparedAt: new Date().toISOString(),
      hornetVersion: packageVersion,
      prepareMs: performance.now() - startMs,
      checked: null,
      measured: null,
    });
    // Only now do the weights have the state that they keep.
    return await store.keep(name, made, { checked: [...states, await fileState(made.dataPath)] });
  } finally {
    await discardStaging(staging).catch(() => {});
  }
}

async function describeFile(path: string): Promise<{ file: string; sha256: string; bytes: number }> {
  return { file: basename(path), sha256: await hashFile(path), bytes: (await stat(path)).size };
}

/** What was just made, or read as a whole. */
const isRight = (): Promise<boolean> => Promise.resolve(true);
