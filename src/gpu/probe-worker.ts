/** Entry of the probe worker: probes once, answers, ends. Loading NVIDIA's libraries takes up to a second or two. */
import { parentPort, workerData } from 'node:worker_threads';
import type { LibrarySettings } from './library-search.js';
import { probeGpu } from './probe-gpu.js';

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
parentPort.postMessage(probeGpu(workerData as LibrarySettings));
