// Preloaded into a server (node --import THIS): a picture of one colour that is not black exhausts the heap of the inference
// worker that runs it, as a picture may that hits a defect of a library. This file is also that worker.
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const { isMainThread, parentPort, Worker, workerData } = threads;

if (isMainThread) {
  threads.Worker = class extends Worker {
    /** @param {string | URL} entry @param {import('node:worker_threads').WorkerOptions} options */
    constructor(entry, options) {
      super(options.name === 'hornet-inference' ? new URL(import.meta.url) : entry, options);
    }
  };
  syncBuiltinESMExports();
} else if (workerData?.slots !== undefined) {
  parentPort?.on('message', ({ type, slot, count }) => {
    if (type !== 'run') return;
    const size = workerData.imageShape.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b);
    for (let row = 0; row < count; row++) {
      const values = new Float32Array(workerData.slots[slot], row * size * 4, size);
      // The warm-up runs on zeros, and black is negative.
      const [first = 0] = values;
      if (first > 0 && values.every((value) => value === first)) exhaustHeap();
    }
  });
  await import(new URL('../../dist/backend/onnxruntime/worker.js', import.meta.url).href);
}

function exhaustHeap() {
  const hoard = [];
  for (;;) hoard.push(new Array(100_000).fill(hoard.length));
}
