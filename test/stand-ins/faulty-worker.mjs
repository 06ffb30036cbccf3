// The real inference worker with two faults: a picture whose first value is 111 exhausts the heap of the thread,
// one whose first value is 222 throws an error that nobody catches.
import { parentPort, workerData } from 'node:worker_threads';

parentPort.on('message', (request) => {
  if (request.type !== 'run') return;
  const [first] = new Float32Array(workerData.slots[request.slot], 0, 1);
  if (first === 111) {
    const hoard = [];
    for (;;) hoard.push(new Array(100_000).fill(hoard.length));
  }
  if (first === 222) throw new Error('this worker throws on purpose');
});
await import('../../dist/backend/onnxruntime/worker.js');
