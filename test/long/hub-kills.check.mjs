// 200 kills of a process that fetches a 256 MB model: no wrong cache, and hardly a byte fetched twice.
import { killWhileFetching } from './kill-while-fetching.mjs';
import { writeEvidence } from './write-evidence.mjs';

const limit = 1.3;
const bytesPerSecond = 2_000_000;
const result = await killWhileFetching({
  kills: 200,
  modelBytes: 256_000_000,
  bytesPerSecond,
  maxDelayMs: 3000,
  onKill: (done) => {
    if (done % 20 === 0) process.stdout.write(`${done} of 200\n`);
  },
});
const ratio = result.sentBytes / result.modelBytes;
writeEvidence({
  name: 'hub-kills',
  title: 'A fetching process killed at random moments',
  command: 'scripts/verify-long hub-kills',
  passed: result.wrong.length === 0 && result.finalExitCode === 0 && ratio <= limit && result.kills === 200,
  facts: {
    'Model, bytes': result.modelBytes,
    'Rate of the Hub under kills, bytes/s': bytesPerSecond,
    'Kills (SIGKILL, up to 3 s after the start)': result.kills,
    'Runs that were through before their kill': result.finishedEarly,
    'Wrong caches (checked after every kill)': result.wrong.length === 0 ? 0 : result.wrong.join('; '),
    'Run that was left alone, exit code': result.finalExitCode,
    'Bytes that the Hub sent in all': result.sentBytes,
    [`Ratio to the model (limit ${limit})`]: ratio.toFixed(3),
  },
});
