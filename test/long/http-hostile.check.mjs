// A day's worth of hostile requests in a minute, among thousands of connections on which nothing happens.
// Usage: http-hostile.check.mjs [SEED]   (default: by the time; a report names it, so that a failure can be repeated)
import { mostConnections } from '../hostile/crowd.mjs';
import { hostileDay } from '../hostile/hostile-day.mjs';
import { writeEvidence } from './write-evidence.mjs';

const seed = Number(process.argv[2] ?? Date.now() % 1_000_000);
const wantedIdle = 5000;
const idleConnections = Math.min(wantedIdle, mostConnections());
const slowSenders = 60;
// Probes wait for seconds. On two cores the attackers, the watcher and what they make the server decode share them.
const mostHealthMs = 100;
const mostMoreHeapBytes = 10 * 2 ** 20;
const mostMoreResidentBytes = 256 * 2 ** 20;

const day = await hostileDay({
  durationMs: 60_000,
  seed,
  ratePerSecond: 100,
  strangers: 12,
  idleConnections,
  slowSenders,
});
const { health, idle, slow, before, after, problems } = day;
const sum = (/** @type {Readonly<Record<string, number>>} */ counts) =>
  Object.values(counts).reduce((a, b) => a + b, 0);
const listed = (/** @type {Readonly<Record<string, number>>} */ counts) =>
  Object.entries(counts)
    .map(([key, count]) => `${count} x ${key}`)
    .join(', ');
const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);
const ms = (/** @type {number | undefined} */ value) => `${value?.toFixed(1) ?? '-'} ms`;
const { latency } = health;
writeEvidence({
  name: 'http-hostile',
  title: "A day's worth of hostile requests in a minute",
  command: `scripts/verify-long http-hostile`,
  passed:
    problems.length === 0 &&
    health.answered === health.requests &&
    (latency?.p99Ms ?? mostHealthMs) < mostHealthMs &&
    idle.most === idleConnections &&
    after.descriptors === before.descriptors &&
    after.heapBytes - before.heapBytes < mostMoreHeapBytes &&
    after.residentBytes - before.residentBytes < mostMoreResidentBytes &&
    day.label === '7' &&
    day.exitCode === 0,
  facts: {
    Seed: seed,
    Conversations: `${sum(day.conversations)} of ${Object.keys(day.conversations).length} kinds`,
    Answers: listed(day.statuses),
    'How they ended': listed(day.ends),
    'Other errors than documented, paths or stacks in answers, conversations without an end': problems.length,
    'Idle connections, most at once': `${idle.most}${idleConnections < wantedIdle ? ` (as many as the limit of open files allows, of ${wantedIdle})` : ''}`,
    'Idle connections closed by the server, since nothing was asked on them': idle.closed,
    'Slow senders, most at once / cut off': `${slow.most} / ${slow.closed}`,
    [`/health/live from another process, p50 / p99 (most ${mostHealthMs} ms) / max of ${health.requests}`]: `${ms(latency?.p50Ms)} / ${ms(latency?.p99Ms)} / ${ms(latency?.maxMs)}`,
    'Descriptors before / after': `${before.descriptors} / ${after.descriptors}`,
    [`Heap after a collection, before / after (most ${mib(mostMoreHeapBytes)} MiB more)`]: `${mib(before.heapBytes)} / ${mib(after.heapBytes)} MiB`,
    [`Resident memory, before / after (most ${mib(mostMoreResidentBytes)} MiB more)`]: `${mib(before.residentBytes)} / ${mib(after.residentBytes)} MiB`,
    'Exit code': String(day.exitCode),
  },
  body: `## Conversations by kind\n\n${Object.entries(day.conversations)
    .map(([name, count]) => `- ${count} x ${name}`)
    .join(
      '\n',
    )}\n${problems.length === 0 ? '' : `\n## Problems\n\n${problems.map((problem) => `- ${problem}`).join('\n')}\n`}`,
});
