import { readMetrics } from './read-metrics.mjs';

/** @import { LoadRecord } from './start-load.mjs' */
/** @import { SoakKind } from './soak-kinds.mjs' */
/** @import { Excuse } from './soak-operations.mjs' */

/** @type {typeof import('./judge-soak.mjs').Tally} */
export class Tally {
  /** @type {Record<string, Record<string, number>>} */
  kinds = {};

  /** @param {readonly LoadRecord[]} records */
  add(records) {
    for (const { kind, outcome, status } of records) {
      const key = outcome === 'answered' ? String(status) : outcome;
      this.kinds[kind] ??= {};
      this.kinds[kind][key] = (this.kinds[kind][key] ?? 0) + 1;
    }
  }

  get counts() {
    /** @type {Record<string, number>} */
    const sums = {};
    for (const counts of Object.values(this.kinds)) {
      for (const [key, count] of Object.entries(counts)) sums[key] = (sums[key] ?? 0) + count;
    }
    return sums;
  }

  get requests() {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }
}

/** @type {import('./judge-soak.mjs').problemsOf} */
export function problemsOf(records, kinds, excuses) {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  return records.flatMap((record) => {
    const kind = byName.get(record.kind);
    if (kind === undefined) return [`${record.kind}: no such kind`];
    if (isRight(record, kind, excuses)) return [];
    const { outcome, status, code, label, wrong, error } = record;
    const what = wrong ? `a wrong answer, label ${label}` : `${outcome} ${status ?? ''} ${code ?? ''} ${error ?? ''}`;
    return [`${record.kind}: ${what.trimEnd()}`];
  });
}

/** @param {LoadRecord} record @param {SoakKind} kind @param {readonly Excuse[]} excuses */
function isRight(record, kind, excuses) {
  const { outcome, status, code, wrong, startedMs, endedMs } = record;
  if (outcome === 'left') return kind.leaveWithinMs !== undefined;
  if (outcome !== 'answered' || status === null || wrong) return false;
  if (status in kind.allowed) return kind.allowed[status] === code;
  return excuses.some((excuse) => {
    if (excuse.serving !== kind.serving || startedMs > excuse.toMs || endedMs < excuse.fromMs) return false;
    // Who asks whether it is ready is told that it is not.
    if (kind.isProbe) return excuse.status === 409 && status === 503;
    return excuse.status === status && excuse.code === code;
  });
}

/** @type {import('./judge-soak.mjs').miscounted} */
export async function miscounted(url, kinds, counts, asked) {
  /** @type {Record<string, number>} */
  const seen = {};
  for (const { name, method, pictures } of kinds) {
    if ((method ?? (pictures === undefined ? 'GET' : 'POST')) !== 'POST') continue;
    for (const [key, count] of Object.entries(counts[name] ?? {})) seen[key] = (seen[key] ?? 0) + count;
  }
  for (const { status } of asked) seen[status ?? 'left'] = (seen[status ?? 'left'] ?? 0) + 1;
  const { left = 0, ...answered } = seen;
  const metrics = await readMetrics(url);
  const countedOf = (/** @type {string} */ status) =>
    metrics
      .filter(({ name, labels }) => name === 'hornet_http_requests_total' && labels.method === 'POST')
      .reduce((sum, { labels, value }) => sum + (labels.status === status ? value : 0), 0);
  return Object.entries(answered).flatMap(([status, count]) => {
    const counted = countedOf(status);
    return counted >= count && counted <= count + left
      ? []
      : [`of POST with ${status} the server has counted ${counted}, its clients ${count}, and ${left} left`];
  });
}

/** Warnings of what was done to the server, and the errors of loads that were to fail. */
const expected = new Set(['worker.replaced', 'download.discarded', 'serving.replace-failed']);

/** @type {import('./judge-soak.mjs').logProblems} */
export function logProblems(log) {
  return log
    .filter(({ event, level }) => (event === 'text' || Number(level) >= 40) && !expected.has(String(event)))
    .map(({ time: _time, ...line }) => `logged ${JSON.stringify(line).slice(0, 500)}`);
}
