// Engines loaded, run and unloaded 1,000 times, and environments torn down 100 times while they load, run or close.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeEvidence } from './write-evidence.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const counts = { HORNET_ENGINE_CYCLES: '1000', HORNET_TEARDOWNS: '100' };
const scratch = mkdtempSync(join(tmpdir(), 'hornet-engine-lives-'));
try {
  const output = join(scratch, 'results.json');
  const tests = ['engine-lives', 'engine-programs'].map((name) => `test/native/tensorrt/${name}.test.ts`);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const env = { ...process.env, ...counts, HORNET_REQUIRE_STAND_INS: '1' };
  spawnSync(
    process.execPath,
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile=${output}`, ...tests],
    {
      cwd: root,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const { success, testResults } = JSON.parse(readFileSync(output, 'utf8'));
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  const facts = results.map(({ fullName, status, duration }) => [
    fullName,
    `${status}, ${((duration ?? 0) / 1000).toFixed(1)} s`,
  ]);
  writeEvidence({
    name: 'engine-lives',
    title: 'Engines loaded and unloaded a thousand times, and torn down in mid-flight (on the stand-ins, no GPU)',
    command: 'scripts/verify-long engine-lives',
    passed: success && results.length > 0 && results.every(({ status }) => status === 'passed'),
    facts: Object.fromEntries(facts),
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
