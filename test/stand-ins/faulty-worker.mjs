// The real inference worker with faults: a picture whose first value is 111 exhausts the heap of the thread, one whose
// first value is 222 throws an error that nobody catches, one whose first value is 333 holds the thread until its second
// value is changed and notified.
import { parentPort } from 'node:worker_threads';

// First, as nothing listens to messages before that.
await import('../../dist/backend/onnxruntime/worker.js');

let slots = [];
parentPort.on('message', (request) => {
  if (request.type === 'load') slots = request.settings.slots;
  if (request.type !== 'run') return;
  const [first] = new Float32Array(slots[request.slot], 0, 1);
  if (first === 111) {
    const hoard = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard.length));
  }
  if (first === 333) {
    const words = new Int32Array(slots[request.slot], 0, 2);
    Atomics.wait(words, 1, words[0]);
  }
  if (first === 222) throw new Error('this worker throws on purpose');
});
