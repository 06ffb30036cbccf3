// What the addon adds to a run of an engine, against plain C++ (bench/engine-overhead.mjs), for each stand-in.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const bench = fileURLToPath(new URL('../../bench/engine-overhead.mjs', import.meta.url));
const facts = {};
let passed = true;
for (const set of ['rtx', '10', '11']) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bench, '--set', set], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  process.stdout.write(stdout);
  passed &&= status === 0;
  // Its last two lines are its results.
  const [latency, throughput] = stdout.trim().split('\n').slice(-2);
  facts[`Stand-in "${set}": a run of one picture`] = latency;
  facts[`Stand-in "${set}": full batches`] = throughput;
}
writeEvidence({
  name: 'engine-overhead',
  title: 'What the addon adds to a run of an engine (on the stand-ins with kernels that cost nothing, no GPU)',
  command: 'scripts/verify-long engine-overhead',
  passed,
  facts,
});
