// Two servings of very different costs under load: what each gets beside the other.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shareFairly } from '../load/fairness.mjs';
import { makeModel } from '../load/make-model.mjs';
import { writeEvidence } from './write-evidence.mjs';

/** Of each: with both always busy it would be half. */
const leastShare = 0.2;
const folder = mkdtempSync(join(tmpdir(), 'hornet-fairness-'));
try {
  const model = makeModel(join(folder, 'resnet-50'), 'resnet-50');
  const { cheap, costly, waiting, exitCode } = await shareFairly({ model, durationMs: 60_000, connections: 16 });
  const share = costly.busyMs / (cheap.busyMs + costly.busyMs);
  const isGood = [cheap, costly].every(({ together }) => together.statuses[200] === together.requests);
  const rate = (/** @type {import('../load/fairness.mjs').ServingShare} */ { alone, together }) =>
    `${alone.acceptedPerSecond.toFixed(1)} / ${together.acceptedPerSecond.toFixed(1)} images/s, p99 ${Math.round(together.latency[200]?.p99Ms ?? Number.NaN)} ms together`;
  writeEvidence({
    name: 'serving-fairness',
    title: 'Two servings of very different costs',
    command: 'scripts/verify-long serving-fairness',
    passed:
      isGood &&
      Math.min(share, 1 - share) >= leastShare &&
      cheap.runs >= costly.runs &&
      waiting === 0 &&
      exitCode === 0,
    facts: {
      Servings: "cheap: the sample of digits; costly: ResNet-50's size; both on the CPU, 16 connections each",
      'cheap, alone / together': rate(cheap),
      'costly, alone / together': rate(costly),
      [`Share of the costly one in the time of the CPU (least of each ${leastShare})`]: share.toFixed(2),
      'Runs, cheap / costly': `${cheap.runs} / ${costly.runs}`,
    },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
