import { join } from 'node:path';
import pLimit from 'p-limit';
import { withFileLock } from '../locks/with-file-lock.js';
import type { EngineWork } from './engine-work.js';
import { tellWaiting } from './tell-waiting.js';

/** Builds without a GPU take turns within the process, for the sake of memory. */
const oneAtATime = pLimit(1);

/**
 * Runs a build when it may: on a GPU, of all processes that share the volume one at a time, because TensorRT measures
 * kernels there and two builds would measure each other.
 * @param percent what is reported while it waits
 */
export function inTurn<T>(work: EngineWork, percent: number, signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  const { target, store } = work;
  if (target.measuresOn === null) return oneAtATime(run);
  const does = { progress: 'builds on this GPU', log: 'builds another engine on this GPU' };
  const onWait = tellWaiting(work, percent, does);
  const path = join(store.root, '.gpus', `${target.measuresOn.replace(/[^\w-]/g, '_')}.lock`);
  return withFileLock(path, { signal, onWait }, run);
}
