/** @import { LatencySummary, LoadRecord, LoadSummary } from './start-load.mjs' */

/**
 * @param {readonly LoadRecord[]} records
 * @param {number} startedMs when the load began
 * @param {number} windowMs for how long requests were sent; throughput counts what was answered within it
 * @returns {LoadSummary}
 */
export function summarize(records, startedMs, windowMs) {
  /** @type {LoadSummary['kinds']} */
  const kinds = {};
  for (const name of new Set(records.map(({ kind }) => kind))) {
    kinds[name] = countsOf(
      records.filter(({ kind }) => kind === name),
      startedMs,
      windowMs,
    );
  }
  return { ...countsOf(records, startedMs, windowMs), windowMs, startedMs, kinds };
}

/** @param {readonly LoadRecord[]} records @param {number} startedMs @param {number} windowMs */
function countsOf(records, startedMs, windowMs) {
  /** @type {Record<string, number>} */
  const outcomes = {};
  /** @type {Record<string, number>} */
  const statuses = {};
  /** @type {Record<string, number[]>} */
  const latenciesMs = {};
  /** @type {number[]} */
  const acceptedMs = [];
  let wrong = 0;
  for (const { outcome, status, startedMs: sinceMs, endedMs, wrong: isWrong } of records) {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (isWrong) wrong++;
    if (outcome !== 'answered' || status === null) continue;
    statuses[status] = (statuses[status] ?? 0) + 1;
    latenciesMs[status] ??= [];
    latenciesMs[status].push(endedMs - sinceMs);
    if (status === 200 && endedMs <= startedMs + windowMs) acceptedMs.push(endedMs);
  }
  return {
    requests: records.length,
    outcomes,
    statuses,
    wrong,
    acceptedPerSecond: rateOf(acceptedMs),
    latency: Object.fromEntries(Object.entries(latenciesMs).map(([status, values]) => [status, latencyOf(values)])),
  };
}

/** Per second, from the first on: what is empty at the start fills. @param {readonly number[]} timesMs ascending */
function rateOf(timesMs) {
  const first = timesMs[0] ?? 0;
  const last = timesMs.at(-1) ?? 0;
  return last > first ? (1000 * timesMs.filter((at) => at > first).length) / (last - first) : 0;
}

/** @param {number[]} values @returns {LatencySummary} */
function latencyOf(values) {
  values.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? Number.NaN;
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) };
}
