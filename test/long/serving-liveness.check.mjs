// /health/live, another serving and requests for the one that loads, while a download and a build take a minute each.
import { serveWhileBuilding, serveWhileDownloading } from '../load/while-loading.mjs';
import { writeEvidence } from './write-evidence.mjs';

const mostMs = 50;
const options = { loadingWaitMs: 10_000, ratePerSecond: 60 };
const results = {
  download: await serveWhileDownloading({ ...options, downloadMs: 60_000 }),
  build: await serveWhileBuilding({ ...options, buildMs: 60_000 }),
};
const isGood = (
  /** @type {import('../load/while-loading.mjs').LoadingResult} */ { load, state, afterwards, exitCode, steps },
) => {
  const { live, other, loading } = load.kinds;
  return (
    state === 'ready' &&
    exitCode === 0 &&
    afterwards.statuses[200] === afterwards.requests &&
    load.wrong === 0 &&
    new Set(steps.map(({ percent }) => percent)).size > 20 &&
    live?.statuses[200] === live?.requests &&
    other?.statuses[200] === other?.requests &&
    (loading?.statuses[200] ?? 0) + (loading?.statuses[503] ?? 0) === loading?.requests &&
    (live?.latency[200]?.p99Ms ?? mostMs) < mostMs
  );
};
const ms = (/** @type {number | undefined} */ value) => (value === undefined ? '-' : `${value.toFixed(1)} ms`);
writeEvidence({
  name: 'serving-liveness',
  title: 'A server whose other model takes a minute to load',
  command: 'scripts/verify-long serving-liveness',
  passed: Object.values(results).every(isGood),
  facts: Object.fromEntries(
    Object.entries(results).flatMap(([what, { load, steps }]) => {
      const { live, other, loading } = load.kinds;
      return [
        [`${what}: states`, [...new Set(steps.map(({ state }) => state))].join(', ')],
        [`${what}: different percents`, new Set(steps.map(({ percent }) => percent)).size],
        [
          `${what}: /health/live from another process, p50 / p99 (most ${mostMs} ms) / max of ${live?.requests}`,
          `${ms(live?.latency[200]?.p50Ms)} / ${ms(live?.latency[200]?.p99Ms)} / ${ms(live?.latency[200]?.maxMs)}`,
        ],
        [`${what}: the other serving, p99 of ${other?.requests}`, ms(other?.latency[200]?.p99Ms)],
        [
          `${what}: requests for the one that loads, answered 200 / 503`,
          `${loading?.statuses[200] ?? 0} / ${loading?.statuses[503] ?? 0}`,
        ],
      ];
    }),
  ),
});
