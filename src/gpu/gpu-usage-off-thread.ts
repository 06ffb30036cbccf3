import { Worker } from 'node:worker_threads';
import type { GpuUsage } from '../native/tensorrt-types.js';
import { compiledModule } from '../package-info.js';
import type { LibrarySettings } from './library-search.js';

const workerEntry = compiledModule('gpu/gpu-usage-worker.js');

/** How long a "there is no NVML" is remembered, ms: it seldom comes while a process runs. */
const absenceIsRememberedMs = 60_000;

/**
 * How GPUs are used, in NVML's words; null where it is not there. It is asked in a thread of its own, which is kept: opening
 * NVML takes tens of milliseconds, and a driver that hangs holds up whoever asks it for ever. The promise is then pending
 * for ever as well. To be called again only after the last one has settled.
 * @param now for tests: ms
 */
export function gpuUsageOffThread(
  { cudaLibrary, tensorRtPath }: LibrarySettings,
  now: () => number = () => performance.now(),
): () => Promise<readonly GpuUsage[] | null> {
  const settings: LibrarySettings = { cudaLibrary, tensorRtPath };
  let worker: Worker | undefined;
  let absentUntilMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() < absentUntilMs) return null;
    worker ??= start(settings);
    const usage = await answerOf(worker);
    if (usage === null) {
      worker = undefined;
      absentUntilMs = now() + absenceIsRememberedMs;
    }
    return usage;
  };
}

function start(workerData: LibrarySettings): Worker {
  // Options are not inherited: some, such as --input-type, keep a worker from starting.
  return new Worker(workerEntry, { workerData, name: 'hornet-gpu-usage', execArgv: [] });
}

/**
 * Null where the worker ends instead. Only a worker that is asked keeps the process alive: one that hangs would hold up
 * its end for ever, with nothing left running that could put an end to it.
 */
function answerOf(worker: Worker): Promise<readonly GpuUsage[] | null> {
  return new Promise((resolve) => {
    const settle = (usage: readonly GpuUsage[] | null): void => {
      worker.off('message', settle).off('error', onEnd).off('exit', onEnd).unref();
      resolve(usage);
    };
    const onEnd = (): void => settle(null);
    worker.on('message', settle).on('error', onEnd).on('exit', onEnd);
    worker.ref();
    worker.postMessage('usage');
  });
}
