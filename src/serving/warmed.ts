import type { Backend } from '../backend/backend.js';
import { loadSharp } from '../image/load-sharp.js';
import type { LoadHooks } from './load-hooks.js';

/**
 * Runs batches of whatever lies in the slots and loads what decodes pictures, so that no first request pays for
 * first-time work.
 */
export async function warmed<B extends Backend>(backend: B, { signal, enter, isAwaited }: LoadHooks): Promise<B> {
  try {
    signal.throwIfAborted();
    enter('warming');
    // On a CPU the first picture takes little longer than others: nobody is kept waiting for one that is not asked for.
    const isNeeded = backend.kind === 'tensorrt' || !isAwaited();
    await Promise.all([isNeeded && runBatches(backend), loadSharp()]);
    signal.throwIfAborted();
    return backend;
  } catch (error) {
    await backend.close();
    throw error;
  }
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
