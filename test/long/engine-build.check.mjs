// `hornet build-engine` against the same build in a bare C++ program (bench/engine-build.mjs).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const bench = fileURLToPath(new URL('../../bench/engine-build.mjs', import.meta.url));
const { stdout, stderr } = spawnSync(process.execPath, [bench, '--json', '--rounds', '15'], { encoding: 'utf8' });
if (stdout === '') throw new Error(stderr);
const { machine, rounds, medians, differences, limits, over } = JSON.parse(stdout);
const { buildMs, wallMs, cpuMs, peakBytes } = medians;
const pair = (/** @type {{ bare: number, hornet: number }} */ { bare, hornet }, unit = 1) =>
  `${(bare / unit).toFixed(0)} / ${(hornet / unit).toFixed(0)}`;
writeEvidence({
  // A report for each Node: much of the difference is how fast it starts and loads code.
  name: `engine-build-node-${process.versions.node.split('.')[0]}`,
  title: '`hornet build-engine` against the same build in a bare C++ program',
  command: 'scripts/verify-long engine-build',
  passed: over.length === 0,
  facts: {
    Model:
      "ResNet-50's size in fp32 (bench/make-model.mjs), for sm86 and sm89, batch 1 to 4, NVIDIA's TensorRT-RTX 1.7.1",
    Processor: machine,
    Runs: `${rounds} of each, in turns; medians`,
    'Builder phase, ms (bare / Hornet)': pair(buildMs),
    [`Builder phase, ratio (limit ${limits.builderRatio})`]: differences.builderRatio.toFixed(3),
    'Whole command, ms (bare / Hornet)': pair(wallMs),
    [`Whole command, ms more (limit ${limits.wholeMs})`]: differences.wholeMs.toFixed(0),
    'Processor time of the whole command, ms (bare / Hornet)': pair(cpuMs),
    'Peak of memory, MB (bare / Hornet)': pair(peakBytes, 1e6),
    [`Peak of memory, MB more (limit ${limits.peakBytes / 1e6})`]: (differences.peakBytes / 1e6).toFixed(0),
  },
});
