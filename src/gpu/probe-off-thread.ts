import { Worker } from 'node:worker_threads';
import { compiledModule } from '../package-info.js';
import type { GpuReport } from './gpu-report.js';
import type { LibrarySettings } from './library-search.js';
import { probeGpu } from './probe-gpu.js';

const workerEntry = compiledModule('gpu/probe-worker.js');

interface Remembered {
  readonly report: Promise<GpuReport>;
  /** When it is forgotten, by the clock of `performance.now`. */
  until: number;
}

const remembered = new Map<string, Remembered>();

/** How long a "no" is remembered, ms: servings that start together ask once. */
const noIsRememberedMs = 10_000;

/**
 * {@link probeGpu} in a thread of its own, so that a server goes on answering meanwhile. A "yes" is remembered for the
 * life of the process, or until {@link forgetProbe}: neither driver nor libraries can be exchanged under a process that
 * has loaded them. A "no" is remembered for a moment only, for its cause may be mended.
 * @param now for tests: ms
 */
export function probeGpuOffThread(
  { cudaLibrary, tensorRtPath }: LibrarySettings,
  now: number = performance.now(),
): Promise<GpuReport> {
  const settings: LibrarySettings = { cudaLibrary, tensorRtPath };
  const key = JSON.stringify(settings);
  const earlier = remembered.get(key);
  if (earlier !== undefined && now < earlier.until) return earlier.report;
  const entry: Remembered = { report: probeInWorker(settings), until: Number.POSITIVE_INFINITY };
  remembered.set(key, entry);
  void entry.report.then(({ access }) => {
    if (!access) entry.until = now + noIsRememberedMs;
  });
  return entry.report;
}

/** Makes the next one ask again, after a GPU has failed. */
export function forgetProbe(): void {
  remembered.clear();
}

/** Without a worker (no memory, no threads left) it is answered here, which only takes the time of this thread. */
function probeInWorker(settings: LibrarySettings): Promise<GpuReport> {
  return new Promise((resolve) => {
    let answered = false;
    const answerHere = (): void => {
      if (answered) return;
      answered = true;
      resolve(probeGpu(settings));
    };
    let worker: Worker;
    try {
      worker = new Worker(workerEntry, {
        workerData: settings,
        name: 'hornet-probe',
        // Not inherited: options such as --input-type keep a worker from starting.
        execArgv: [],
      });
    } catch {
      answerHere();
      return;
    }
    worker.once('message', (report: GpuReport) => {
      answered = true;
      resolve(report);
    });
    worker.once('error', answerHere);
    worker.once('exit', answerHere);
  });
}
