import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { median } from '../report.mjs';

const cores = availableParallelism();

/** Ways to run a model: sessions, threads of each, images per run. */
const ways = [
  { workers: 1, threads: cores, batch: 1 },
  { workers: 1, threads: cores, batch: 4 },
  { workers: 1, threads: cores, batch: 8 },
  { workers: cores, threads: 1, batch: 1 },
  { workers: cores, threads: 1, batch: 4 },
  // Alone, for its latency: small models gain nothing from more threads.
  { workers: 1, threads: 1, batch: 1 },
];

const nameOf = ({ workers, threads, batch }) =>
  `${workers} x ${threads} ${threads === 1 ? 'thread' : 'threads'}, batch ${batch}`;

/** Starts a script of this folder as a process of its own, with its options; resolves to it and its first message. */
export async function startBare(script, options) {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(options)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${script} ended with ${code} and without a result`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => {});
  return { child, message };
}

async function measured(script, options) {
  const { child, message } = await startBare(script, options);
  if (child.exitCode === null) await once(child, 'exit');
  return message;
}

/**
 * What the machine gives just now without a server: each way to run the model, and JPEG to pixels with sharp.
 * @returns {Promise<{ runs: { imagesPerSecond: number, p50Ms: number }[], pixels, decoding }>} `runs` by way; `pixels`
 *   are decoded and resized, `decoding` is without resizing: { cpuMs, p50Ms } of a picture
 */
export async function measureBare({ onnxPath, picture, durationMs }) {
  const runs = [];
  for (const way of ways) runs.push(await measured('measure-inference.mjs', { ...way, onnxPath, durationMs }));
  const pixels = await measured('measure-decoding.mjs', { picture, resize: true, durationMs });
  const decoding = await measured('measure-decoding.mjs', { picture, resize: false, durationMs: durationMs / 2 });
  return { runs, pixels, decoding };
}

/** The best way by all measurements, so that none wins by chance: by throughput, and by the latency of one image. */
export function bestWays(measurements) {
  const middle = (way, field) => median(measurements.map(({ runs }) => runs[way][field]));
  const rates = ways.map((_, way) => middle(way, 'imagesPerSecond'));
  const best = (isEligible, score) => {
    const eligible = ways.map((_, way) => way).filter((way) => isEligible(ways[way]));
    return eligible.toSorted((a, b) => score(b) - score(a))[0];
  };
  const fastest = best(
    ({ workers, threads }) => workers * threads === cores,
    (way) => rates[way],
  );
  const promptest = best(
    ({ workers, batch }) => workers * batch === 1,
    (way) => -middle(way, 'p50Ms'),
  );
  const shown = ways.map((way, index) => `${nameOf(way)}: ${rates[index].toFixed(1)}`).join('; ');
  return { fastest, promptest, fastestName: nameOf(ways[fastest]), promptestName: nameOf(ways[promptest]), shown };
}

/** Images per second of a server that adds nothing to inference and pixels, with all cores busy. */
export function computedLimit({ runs, pixels }, { fastest }) {
  return cores / (cores / runs[fastest].imagesPerSecond + pixels.cpuMs / 1000);
}

/** How long one image takes of a server that adds nothing, ms. */
export function latencyLimit({ runs, pixels }, { promptest }) {
  return runs[promptest].p50Ms + pixels.p50Ms;
}
