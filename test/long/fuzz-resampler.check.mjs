// A quarter of an hour of plans that libFuzzer makes up (test/native/fuzz/fuzz-resampler.cpp).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const seconds = Number(process.env.HORNET_FUZZ_SECONDS ?? 900);
const script = fileURLToPath(new URL('../../scripts/fuzz-resampler', import.meta.url));
const run = (argument) => spawnSync(script, [argument], { encoding: 'utf8', maxBuffer: 1 << 28 });
const { status, stdout } = run(String(seconds));
// "TOTAL", then regions, functions, lines and branches: how many, how many missed, the share that was reached.
const total =
  run('--coverage')
    .stdout.match(/^TOTAL .*/m)?.[0]
    .trim()
    .split(/ +/) ?? [];
const compiler = spawnSync('clang++', ['--version'], { encoding: 'utf8' }).stdout.split('\n', 1)[0];

const last = (pattern) => [...stdout.matchAll(pattern)].at(-1)?.[1];
const executions = last(/^stat::number_of_executed_units: (\d+)/gm);
const fault = stdout.match(/^.*(?:ERROR: |SUMMARY: |runtime error: ).*$/m)?.[0];
if (status !== 0) process.stdout.write(stdout.slice(-8000));
writeEvidence({
  name: 'fuzz-resampler',
  title: 'Any plan for the resampler',
  command: 'scripts/verify-long fuzz-resampler',
  passed: status === 0 && executions !== undefined,
  facts: {
    Compiler: compiler,
    Checked:
      'no report of the address and undefined-behaviour sanitizers, nothing written beside the target, the portable and ' +
      'the AVX2 kernels write the same, with new memory and with used; up to 24 px also what the literal implementation writes',
    Duration: `${seconds} s, one process`,
    Executions: executions ?? 'unknown',
    'Reached of native/image': `${total[9]} of the lines, ${total[12]} of the branches`,
    'Slowest execution': `${last(/^stat::slowest_unit_time_sec: +(\d+)/gm)} s (in whole seconds)`,
    'Peak of memory': `${last(/^stat::peak_rss_mb: +(\d+)/gm)} MB`,
    ...(fault === undefined ? {} : { Fault: fault }),
  },
});
