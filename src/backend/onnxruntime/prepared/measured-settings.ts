import { messageOf, toHornetError } from '../../../errors/hornet-error.js';
import { throwIfCancelled } from '../../../locks/cancellation.js';
import type { HeldLock } from '../../../locks/hold-lock.js';
import { type CpuReport, type CpuRequest, requestedCpuSettings } from '../cpu-settings.js';
import { workerGraphOf } from '../worker-graph.js';
import { defaultLockTimeoutMs, type PrepareWork } from './prepare-request.js';
import type { MeasuredSettings } from './prepared-record.js';
import type { StoredPrepared } from './prepared-store.js';
import { runPrepareJob } from './run-prepare-job.js';

/**
 * How a prepared model is best run: as it was measured for what is asked now, else measured anew and kept, else what is
 * usual.
 * @throws ERR_CANCELLED or the signal's own reason
 */
export async function measuredSettings(work: PrepareWork, prepared: StoredPrepared): Promise<CpuReport> {
  const { request, store, name, wanted } = work;
  const { cpu, log, signal, reference, lockTimeoutMs = defaultLockTimeoutMs } = request;
  const known = knownSettings(prepared, cpu);
  if (known !== null) return known;
  try {
    // Where there is no room for measuring, there may be room for the model.
    await request.onWork?.('measuring how the model runs best on this processor');
    const options = { signal, timeoutMs: lockTimeoutMs };
    return await store.withLock(name, wanted, options, async (lock) => {
      const now = (await store.find(name, wanted, { thorough: false, signal: lock.signal })).prepared ?? prepared;
      return knownSettings(now, cpu) ?? (await measure(work, now, lock));
    });
  } catch (error) {
    throwIfCancelled(signal, 'Preparing the model');
    const settings = requestedCpuSettings(cpu);
    log.warn(
      { event: 'model.unmeasured', code: toHornetError(error).code, err: error, settings },
      `How ${reference.text} runs best could not be measured, so usual settings are taken: ${messageOf(error)}`,
    );
    return settings;
  }
}

/** What is known without measuring: for the same processors, and for batches at least as large. */
export function knownSettings({ record }: StoredPrepared, cpu: Required<CpuRequest>): CpuReport | null {
  if (cpu.threads > 0 && cpu.workers > 0) return requestedCpuSettings(cpu);
  return record.measured === null ? null : settingsFor(record.measured, cpu);
}

function settingsFor({ request, settings }: MeasuredSettings, cpu: Required<CpuRequest>): CpuReport | null {
  const isFor =
    request.processors === cpu.processors &&
    request.threads === cpu.threads &&
    request.workers === cpu.workers &&
    request.maxBatch >= cpu.maxBatch;
  return isFor ? { ...settings, batch: Math.min(settings.batch, cpu.maxBatch), measured: true } : null;
}

async function measure(
  { request, store, name }: PrepareWork,
  prepared: StoredPrepared,
  lock: HeldLock,
): Promise<CpuReport> {
  const { model, cpu, log, reference, runJob = runPrepareJob } = request;
  const graph = workerGraphOf(model, { path: prepared.graphPath });
  const result = await runJob({ kind: 'measure', graph, request: cpu }, { signal: lock.signal });
  // It may have tried in vain.
  if (result === null || result.measurements.length === 0) return requestedCpuSettings(cpu);
  const { settings, measurements } = result;
  const { workers, threads, batch } = settings;
  log.info(
    { event: 'model.measured', model: reference.text, settings },
    `${reference.text} runs best in ${workers} worker(s) with ${threads} thread(s) each and batches of up to ${batch}`,
  );
  await store.keep(name, prepared, { measured: { request: cpu, settings, measurements: [...measurements] } });
  return { ...settings, measured: true };
}
