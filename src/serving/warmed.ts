import { setImmediate } from 'node:timers/promises';
import type { Backend } from '../backend/backend.js';
import { loadSharp } from '../image/load-sharp.js';
import type { LoadHooks } from './load-hooks.js';

/** Turns of the event loop in which a request that has arrived is accepted, read and admitted. */
const turnsOfRequest = 4;

/**
 * Runs batches of whatever lies in the slots and loads what decodes pictures, so that no first request pays for
 * first-time work.
 */
export async function warmed<B extends Backend>(backend: B, { signal, enter, isAwaited }: LoadHooks): Promise<B> {
  try {
    signal.throwIfAborted();
    enter('warming');
    if (backend.kind === 'tensorrt') await Promise.all([runBatches(backend), loadSharp()]);
    else await warmOnCpu(backend, isAwaited);
    signal.throwIfAborted();
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
}

/**
 * On a CPU the first picture takes little longer than others: nobody is kept waiting for one that is not asked for.
 * Requests that came while sharp was loaded, which blocks, are taken in first.
 */
async function warmOnCpu(backend: Backend, isAwaited: LoadHooks['isAwaited']): Promise<void> {
  await loadSharp();
  for (let turn = 0; turn < turnsOfRequest; turn++) await setImmediate();
  if (!isAwaited()) await runBatches(backend);
}

async function runBatches(backend: Backend): Promise<void> {
  // Workers beside a lone one are not started for this.
  const hasLone = (backend.cpu?.loneThreads ?? 0) > 0;
  const slots = await Promise.all(Array.from({ length: hasLone ? 1 : backend.workers }, () => backend.acquire()));
  try {
    // On a CPU one image touches all that a full batch does; on a GPU there are graphs to capture.
    await Promise.all(slots.map((slot) => slot.run(backend.kind === 'onnxruntime' ? 1 : slot.capacity)));
  } finally {
    for (const slot of slots) slot.release();
  }
}
