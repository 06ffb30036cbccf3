// Preloaded into a server (node --import THIS): a picture of one colour that is not black exhausts the heap of the inference
// worker that runs it, as a picture may that hits a defect of a library. This file is also that worker.
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const { isMainThread, parentPort, Worker, workerData } = threads;

const marker = 'the inference worker';

if (isMainThread) {
  threads.Worker = class extends Worker {
    /** @param {string | URL} entry @param {import('node:worker_threads').WorkerOptions} options */
    constructor(entry, options) {
      const isInference = options.name === 'hornet-inference';
      super(isInference ? new URL(import.meta.url) : entry, isInference ? { ...options, workerData: marker } : options);
    }
  };
  syncBuiltinESMExports();
} else if (workerData === marker) {
  // First, as nothing listens to messages before that.
  await import(new URL('../../dist/backend/onnxruntime/worker.js', import.meta.url).href);
  /** @type {{ imageShape: number[], slots: SharedArrayBuffer[] }} */
  let model = { imageShape: [], slots: [] };
  parentPort?.on('message', ({ type, slot, count, settings }) => {
    if (type === 'load') model = settings;
    if (type !== 'run') return;
    const size = model.imageShape.reduce((a, b) => a * b);
    for (let row = 0; row < count; row++) {
      const values = new Float32Array(/** @type {SharedArrayBuffer} */ (model.slots[slot]), row * size * 4, size);
      // The warm-up runs on zeros, and black is negative.
      const [first = 0] = values;
      if (first > 0 && values.every((value) => value === first)) exhaustHeap();
    }
  });
}

function exhaustHeap() {
  const hoard = [];
  for (;;) hoard.push(new Array(100_000).fill(hoard.length));
}
