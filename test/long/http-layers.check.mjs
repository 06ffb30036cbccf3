// What Hornet's HTTP layers cost over Express alone (bench/http-layers.mjs).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const bench = fileURLToPath(new URL('../../bench/http-layers.mjs', import.meta.url));
const { status, stdout, stderr } = spawnSync(process.execPath, [bench], { encoding: 'utf8' });
if (stdout === '') throw new Error(stderr);
process.stdout.write(stdout);
const lines = stdout.trim().split('\n');
const rounds = lines.filter((line) => line.startsWith('round '));
const [rates, raw, cpu, verdict] = lines.slice(-4);
writeEvidence({
  name: 'http-layers',
  title: 'What the HTTP layers cost over Express alone',
  command: 'scripts/verify-long http-layers',
  passed: status === 0,
  facts: {
    'What was sent': lines[2] ?? '',
    'Requests per second': rates ?? '',
    'Over express.raw': raw ?? '',
    'Processor time': cpu ?? '',
    'Over Express that collects the body by hand': verdict ?? '',
  },
  body: `${rounds.map((round) => `- ${round}`).join('\n')}\n`,
});
