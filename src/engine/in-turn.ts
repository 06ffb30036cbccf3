import { join } from 'node:path';
import pLimit from 'p-limit';
import { type FileLockOptions, withFileLock } from '../locks/with-file-lock.js';
import type { EngineWork } from './engine-work.js';

/** Builds without a GPU take turns within the process, for the sake of memory. */
const oneAtATime = pLimit(1);

/**
 * Runs a build when it may: on a GPU, of all processes that share the volume one at a time, because TensorRT measures
 * kernels there and two builds would measure each other.
 * @param percent what is reported while it waits
 */
export function inTurn<T>(
  { request, target, store, report }: EngineWork,
  percent: number,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  if (target.measuresOn === null) return oneAtATime(run);
  const onWait: FileLockOptions['onWait'] = (holder) => {
    const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
    report({ phase: 'waiting', percent, detail: `${who} builds on this GPU` });
    const fields = { event: 'engine.waiting', model: request.reference.text, holder };
    request.log.info(fields, `Waiting for ${who}, which builds another engine on this GPU`);
  };
  const path = join(store.root, '.gpus', `${target.measuresOn.replace(/[^\w-]/g, '_')}.lock`);
  return withFileLock(path, { signal, onWait }, run);
}
