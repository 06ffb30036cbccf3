// Ten times what the server can answer, in rounds that each measure the peak first; seven minutes in all.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeModel } from '../load/make-model.mjs';
import { overload } from '../load/overload.mjs';
import { writeEvidence } from './write-evidence.mjs';

// Many short ones: the machine's own speed changes by a fifth within a minute.
const rounds = 20;
const factor = 10;
// Not more: with one in ten the system takes in and drops 40 MB a second, which costs a fifth of two cores by itself.
const largeOneIn = 100;
const maxQueue = 64;
const timeoutMs = 30_000;
const leastRatio = 0.9;
const mostMoreBytes = 192 * 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'hornet-overload-'));
const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
/** Images per second and processor that the generator leaves to the server. */
const rateOf = (/** @type {import('../load/overload.mjs').MeasuredLoad} */ { load }) =>
  load.acceptedPerSecond / (1 - load.cpuShare);
const percent = (/** @type {number[]} */ shares) => `${Math.round(100 * median(shares))} %`;
const mib = (/** @type {number} */ bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

try {
  const result = await overload({
    model: makeModel(join(folder, 'resnet-50'), 'resnet-50'),
    rounds,
    peakMs: 5000,
    overloadMs: 10_000,
    besides: true,
    factor,
    largeOneIn,
    maxQueue,
    timeoutMs,
    onRound: (round) => process.stdout.write(`${round} of ${rounds}\n`),
  });
  const { memory, refill, counted } = result;
  const ratios = result.rounds.map(({ peak, busy }) => rateOf(busy) / rateOf(peak));
  const plainRatios = result.rounds.map(({ peak, busy }) => busy.load.acceptedPerSecond / peak.load.acceptedPerSecond);
  const cpuRatios = result.rounds.map(({ peak, busy }) => peak.cpuMsPerImage / busy.cpuMsPerImage);
  const ratio = median(ratios);
  // Generator and server share the processors here. What flood and generator cost by themselves is seen where another
  // process refuses it all; the server is held to what is left then.
  const besideRatios = result.rounds.map(
    ({ beside, busy }) => busy.load.acceptedPerSecond / (beside?.load.acceptedPerSecond ?? Number.NaN),
  );
  const besideRatio = median(besideRatios);
  const p99Ms = Math.max(...result.rounds.map(({ busy }) => busy.load.latency[200]?.p99Ms ?? Number.POSITIVE_INFINITY));
  const wrong = result.rounds.flatMap((round) => round.wrong);
  const count = (/** @type {number} */ status) =>
    result.rounds.reduce((sum, { busy }) => sum + (busy.load.statuses[status] ?? 0), 0);
  writeEvidence({
    name: 'serving-overload',
    title: 'Ten times the requests that can be answered',
    command: 'scripts/verify-long serving-overload',
    passed:
      wrong.length === 0 &&
      besideRatio >= leastRatio &&
      p99Ms < timeoutMs &&
      memory.peakBytes - memory.before < mostMoreBytes &&
      memory.after - memory.before < mostMoreBytes / 2 &&
      refill.statuses[200] === maxQueue &&
      counted.wrong.length === 0 &&
      counted.queue === 0 &&
      result.exitCode === 0,
    facts: {
      Model: "ResNet-50's size (bench/make-model.mjs) on the CPU, generator on the same machine",
      Pictures: `one in ${largeOneIn} of 2 MB, the others of 26 kB`,
      Rounds: `${rounds} of 5 s peak (16 connections), 5 s the same beside a process that refuses the flood, and 10 s flood (${factor} times the peak)`,
      Requests: result.rounds.reduce((sum, { busy }) => sum + busy.load.requests, 0),
      'Answered 200 / 429 / 504 / 422': [200, 429, 504, 422].map(count).join(' / '),
      'Requests without exactly one answer that fits them': wrong.length === 0 ? 0 : wrong.join('; '),
      'Peak, images/s (median)': median(result.rounds.map(({ peak }) => peak.load.acceptedPerSecond)).toFixed(1),
      'Processors that the generator takes, at the peak / under overload': `${percent(result.rounds.map(({ peak }) => peak.load.cpuShare))} / ${percent(result.rounds.map(({ busy }) => busy.load.cpuShare))}`,
      'Throughput under overload to the peak, median': median(plainRatios).toFixed(2),
      'The same per processor that the generator leaves': `${ratio.toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(', ')})`,
      [`Throughput under overload to the peak beside bare node:http that refuses as much (least ${leastRatio})`]: `${besideRatio.toFixed(2)} (${besideRatios.map((one) => one.toFixed(2)).join(', ')})`,
      'The same by processor time of the server': median(cpuRatios).toFixed(2),
      [`p99 of those accepted, worst round (deadline ${timeoutMs} ms)`]: `${Math.round(p99Ms)} ms`,
      [`Memory idle before, at most, idle after (bound ${mib(mostMoreBytes)} more)`]: `${mib(memory.before)}, ${mib(memory.peakBytes)}, ${mib(memory.after)}`,
      'Counts of GET /metrics that differ from what clients saw':
        counted.wrong.length === 0 ? 0 : counted.wrong.join('; '),
      [`Answered 200 of ${maxQueue} sent at once afterwards`]: refill.statuses[200] ?? 0,
    },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
