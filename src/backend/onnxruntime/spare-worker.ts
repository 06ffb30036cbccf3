import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { compiledModule } from '../../package-info.js';
import { declineTelemetry } from './decline-telemetry.js';
import type { SessionSettings, WorkerRequest, WorkerSettings } from './worker-protocol.js';

/** Heap of a worker in MB. Weights and tensors live outside of it, so this is plenty. */
const heapLimitMb = 256;

/** One that nobody has taken by then is not kept, ms: the model is being downloaded, or goes to a GPU. */
const keptMs = 10_000;

const defaultEntry = compiledModule('backend/onnxruntime/worker.js');

let spare: Worker | undefined;
let first: SessionSettings | undefined;

/** Starts a thread that loads onnxruntime and waits to be told its model. */
function startWorkerThread(entry: URL = defaultEntry): Worker {
  declineTelemetry();
  return new Worker(entry, {
    name: 'hornet-inference',
    // Not inherited: options such as --input-type keep a worker from starting.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapLimitMb },
  });
}

/** What the first worker of this process was made for; undefined before that. */
export function firstSession(): SessionSettings | undefined {
  return first;
}

/**
 * Starts a thread ahead of time, on another core, for a process that will probably load a model on the CPU soon: threads
 * and onnxruntime take as long to start as the rest of a server. It alone does not keep the process from ending, but see
 * {@link endSpareWorker}.
 * @param expected what it will probably be asked for, if that is known: it is made at once
 */
export function startSpareWorker(expected?: SessionSettings): void {
  const worker = startWorkerThread();
  spare = worker;
  if (expected !== undefined) worker.postMessage({ type: 'expect', session: expected } satisfies WorkerRequest);
  worker.unref();
  const forget = (): void => {
    if (spare === worker) spare = undefined;
  };
  // What keeps it from working is told by the next one, when a model is loaded.
  worker.on('error', forget).on('exit', forget);
  setTimeout(() => {
    if (spare === worker) void endSpareWorker();
  }, keptMs).unref();
}

/**
 * Tells a thread its model: the one that was started ahead of time, where there is one, else a new one.
 * @param entry another worker script, which only a new one can have
 */
export function takeWorkerThread(settings: WorkerSettings, entry?: URL): Worker {
  const { slots: _slots, ...session } = settings;
  first ??= session;
  const worker = entry === undefined && spare !== undefined ? spare : startWorkerThread(entry);
  if (worker === spare) spare = undefined;
  worker.ref();
  worker.postMessage({ type: 'load', settings } satisfies WorkerRequest);
  return worker;
}

/** Ends the one that nobody has taken; a process that exits while onnxruntime is being loaded may be aborted. */
export async function endSpareWorker(): Promise<void> {
  if (spare === undefined) return;
  const worker = spare;
  spare = undefined;
  worker.ref();
  const ended = once(worker, 'exit').catch(() => {});
  worker.postMessage({ type: 'close' } satisfies WorkerRequest);
  await ended;
}
