// A 2 GB file from a loopback server onto the disk, verified, against curl && sha256sum && sync.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const leastRatio = 0.8;
const mostDelayMs = 20;
const bench = fileURLToPath(new URL('../../bench/hub-download.mjs', import.meta.url));
const { stdout, status } = spawnSync(process.execPath, [bench], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.stdout.write(stdout);
const ratio = Number(/median ratio ([\d.]+)/.exec(stdout)?.[1]);
const delaysMs = [...stdout.matchAll(/p99 ([\d.]+) ms/g)].map((match) => Number(match[1]));
const delayMs = delaysMs.sort((a, b) => a - b)[Math.floor(delaysMs.length / 2)] ?? Number.NaN;
writeEvidence({
  name: 'hub-throughput',
  title: 'Throughput of a verified download',
  command: 'scripts/verify-long hub-throughput',
  passed: status === 0 && ratio >= leastRatio && delayMs < mostDelayMs,
  facts: {
    [`Median ratio to curl && sha256sum && sync, three rounds (least ${leastRatio})`]: ratio,
    [`Event loop delay while downloading and hashing, p99, median of the rounds (most ${mostDelayMs} ms)`]: `${delayMs} ms`,
    'Output of the bench': stdout.trim().replaceAll('\n', '<br>').replaceAll('|', '\\|'),
  },
});
