// What the scheduler alone does to the answers of an idle node:http server while as many threads as there are cores run
// a model without pause; a process of its own, started with fork(). Sends { url } when they do. Ended by a signal.
//   busy-server.mjs '{"onnxPath": ...}'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openRun } from './open-run.mjs';

if (isMainThread) {
  const { onnxPath } = JSON.parse(process.argv[2]);
  const workers = Array.from({ length: availableParallelism() }, () => {
    return new Worker(new URL(import.meta.url), { workerData: { onnxPath, threads: 1, batch: 1 } });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json').end('{"status":"live"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.send({ url: `http://127.0.0.1:${server.address().port}` });
} else {
  const run = await openRun(workerData);
  parentPort.postMessage('busy');
  for (;;) await run();
}
