/**
 * Entry of the worker that asks NVML how GPUs are used: it opens NVML once, and answers as often as it is asked. Where
 * there is no NVML it says so and ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type LibrarySettings, librarySearch } from './library-search.js';
import { loadGpuAddon } from './load-gpu-addon.js';

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
const port = parentPort;
const { addon } = loadGpuAddon();
const search = librarySearch(workerData as LibrarySettings);

port.on('message', () => {
  const usage = addon?.gpuUsage(search) ?? null;
  port.postMessage(usage);
  if (usage === null) port.close();
});
