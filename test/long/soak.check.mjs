// Forty minutes of mixed load, while models are loaded, unloaded, fetched and prepared again, and clients, the Hub and
// workers fail: does anything grow, and is every request answered?
import { soak } from '../load/soak.mjs';
import { trendOf } from '../load/trend.mjs';
import { writeEvidence } from './write-evidence.mjs';

/** @import { SoakSample } from '../load/soak.mjs' */

const minutes = 40;
/** Bytes in the second half; that is less than 50 for each request. Code that gets hot late takes some. */
const mostHeapRise = 2 ** 20;
const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);
const hours = (/** @type {SoakSample} */ { atMs }) => atMs / 3_600_000;
const sum = (/** @type {Readonly<Record<string, number>>} */ counts) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
const listed = (/** @type {Readonly<Record<string, number>>} */ counts) =>
  Object.entries(counts)
    .toSorted()
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
/** @type {(sample: SoakSample) => (string | number)[]} */
const row = ({ atMs, requests, threads, descriptors, ...bytes }) => {
  const { residentBytes, anonymousBytes, heapBytes, externalBytes, volumeBytes } = bytes;
  const sizes = [residentBytes, anonymousBytes, heapBytes, externalBytes, volumeBytes].map(mib);
  return [(atMs / 60_000).toFixed(1), requests, ...sizes, sum(threads), sum(descriptors)];
};

const result = await soak({
  durationMs: minutes * 60_000,
  cycleMs: 20_000,
  onCycle: (sample) => process.stdout.write(`${row(sample).join('  ')}\n`),
});
const { samples, counts, operations, problems, leftovers, exitCode, noVolume } = result;
const [start, warm] = samples;
const end = samples.at(-1);
if (start === undefined || warm === undefined || end === undefined) throw new Error('no samples');
// In the first half pools fill, and V8 and the allocator find their sizes.
const half = samples.slice(samples.length >> 1);
const spanHours = hours(end) - hours(half[0] ?? end);
const trend = (/** @type {(sample: SoakSample) => number} */ bytesOf) =>
  trendOf(half.map((sample) => ({ x: hours(sample), y: bytesOf(sample) })));
const told = (/** @type {import('../load/trend.mjs').Trend} */ { slope, low, high, spread }) =>
  `${mib(slope)} MiB/h (95 %: ${mib(low)} to ${mib(high)}), spread ${mib(spread)} MiB`;
const resident = trend(({ residentBytes }) => residentBytes);
const rise = resident.slope * spanHours;
const heap = trend(({ heapBytes }) => heapBytes);
const heapRise = heap.slope * spanHours;
const descriptors = (/** @type {SoakSample} */ sample) => listed(sample.descriptors);
const threads = (/** @type {SoakSample} */ { threads: { 'libvips worker': _, ...others } }) => listed(others);
writeEvidence({
  name: 'soak',
  title: `${minutes} minutes of mixed load, with reloads, downloads and faults`,
  command: 'scripts/verify-long soak',
  passed:
    problems.length === 0 &&
    leftovers.length === 0 &&
    (resident.low <= 0 || rise <= Math.max(2 * resident.spread, end.residentBytes / 100)) &&
    (heap.low <= 0 || heapRise <= mostHeapRise) &&
    descriptors(end) === descriptors(warm) &&
    threads(end) === threads(warm) &&
    end.children === 0 &&
    end.volumeBytes <= 1.1 * warm.volumeBytes &&
    exitCode === 0,
  facts: {
    Server:
      'digits, a model of the Hub (mobile, bench/make-model.mjs) and an on-demand one, on the CPU; clients and Hub on the same machine',
    Load: '12 connections: pictures as they are, packed, in forms, in base64, in lists and by the inference protocol; slow and stalled senders, clients that go away, bad input, probes, streams of events',
    Requests: sum(counts),
    'By status (left: the client went away as planned)': listed(counts),
    'Requests without exactly one answer that fits them, and whatever else was unexpected':
      problems.length === 0 ? 0 : problems.join('; '),
    Cycles: samples.length - 1,
    'Child processes at the end': end.children,
    'Resident memory at rest: before the load, after the first cycle, at the end': [start, warm, end]
      .map(({ residentBytes }) => `${mib(residentBytes)} MiB`)
      .join(', '),
    'Slope of the resident memory, second half': told(resident),
    'Rise by that slope over the second half (noise: an interval that has 0 in it, twice the spread, or a hundredth of it all)': `${mib(rise)} MiB`,
    'Slope of memory that is a copy of no file': told(trend(({ anonymousBytes }) => anonymousBytes)),
    "Slope of JavaScript's heap": told(heap),
    'Its rise by that slope over the second half (most 1 MiB)': `${mib(heapRise)} MiB`,
    'Descriptors before the load': descriptors(start),
    'Descriptors after the first cycle, at the end':
      descriptors(warm) === descriptors(end) ? 'the same' : descriptors(end),
    'Threads besides those of libvips, after the first cycle, at the end': `${threads(warm)}, ${threads(end)}`,
    'Volume after the first cycle, at the end': `${mib(warm.volumeBytes)}, ${mib(end.volumeBytes)} MiB`,
    'Locks, partial files, journals and the like left on it': leftovers.length === 0 ? 0 : leftovers.join(', '),
    'Volume of its own, to be filled': noVolume ?? 'yes',
    'Exit code after SIGTERM': String(exitCode),
  },
  body: body(),
});

/** What was done, and every few cycles what the server has at rest. */
function body() {
  const columns = [
    'minute',
    'requests',
    'resident',
    'anonymous',
    'heap',
    'external',
    'volume',
    'threads',
    'descriptors',
  ];
  const every = Math.max(1, Math.floor(samples.length / 20));
  const shown = samples.filter((_, index) => index % every === 0);
  const table = (/** @type {readonly (readonly unknown[])[]} */ rows) =>
    rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return [
    'What was done meanwhile, and how often:\n',
    table([['', ''], ['---', '---'], ...Object.entries(operations)]),
    '\nAt rest, after garbage was collected, in MiB:\n',
    table([columns, columns.map(() => '---:'), ...shown.map(row)]),
    '',
  ].join('\n');
}
