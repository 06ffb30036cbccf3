// Runs a model in bare onnxruntime-node for a while; a process of its own, started with fork(). Sends
// { imagesPerSecond, p50Ms }: the median time of a batch.
//   measure-inference.mjs '{"onnxPath": ..., "threads": 2, "batch": 1, "workers": 1, "durationMs": 1000}'
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { percentile } from '../report.mjs';
import { openRun } from './open-run.mjs';

/** Counts batches until the time is over. */
async function measure({ batch, durationMs }, run) {
  const timesMs = [];
  const startMs = performance.now();
  let nowMs = startMs;
  while (nowMs - startMs < durationMs) {
    await run();
    const endMs = performance.now();
    timesMs.push(endMs - nowMs);
    nowMs = endMs;
  }
  const imagesPerSecond = (1000 * batch * timesMs.length) / (nowMs - startMs);
  return { imagesPerSecond, p50Ms: percentile(timesMs, 0.5) };
}

async function measureTogether(options) {
  const workers = Array.from({ length: options.workers }, () => {
    return new Worker(new URL(import.meta.url), { workerData: options });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const results = workers.map((worker) => once(worker, 'message'));
  for (const worker of workers) worker.postMessage('go');
  const measured = (await Promise.all(results)).map(([result]) => result);
  return {
    imagesPerSecond: measured.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0),
    p50Ms: Math.max(...measured.map(({ p50Ms }) => p50Ms)),
  };
}

if (isMainThread) {
  const options = JSON.parse(process.argv[2]);
  const alone = async () => measure(options, await openRun(options));
  const result = options.workers > 1 ? await measureTogether(options) : await alone();
  process.send(result, () => process.disconnect());
} else {
  const run = await openRun(workerData);
  const go = once(parentPort, 'message');
  parentPort.postMessage('ready');
  await go;
  parentPort.postMessage(await measure(workerData, run));
}
