// 100 kills and 100 Ctrl-C of `hornet build-engine` on a model of ResNet-50's size: never half an engine.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopWhileBuilding } from './stop-while-building.mjs';
import { writeEvidence } from './write-evidence.mjs';

const rounds = 100;
const folder = mkdtempSync(join(tmpdir(), 'hornet-engine-kills-'));
const model = join(folder, 'resnet-50');
const makeModel = fileURLToPath(new URL('../../bench/make-model.mjs', import.meta.url));

/** @param {'SIGKILL' | 'SIGINT'} signal */
function stop(signal) {
  const home = join(folder, signal);
  mkdirSync(home);
  const onRound = (/** @type {number} */ done) => {
    if (done % 10 === 0) process.stdout.write(`${signal}: ${done} of ${rounds}\n`);
  };
  return stopWhileBuilding({ home, model: [model, '--dtype', 'fp16'], signal, rounds, onRound });
}

/** @param {Awaited<ReturnType<typeof stop>>} result */
function factsOf({ stopped, finishedEarly, wrong, final }) {
  const phases = Object.entries(stopped).map(([phase, count]) => `${count} while ${phase}`);
  return {
    stopped: phases.join(', '),
    'through before the signal': finishedEarly,
    'wrong things (looked for after every run)': wrong.length === 0 ? 0 : wrong.join('; '),
    'run that was left alone': `exit code ${final.exitCode}, ${final.outcome}`,
  };
}

try {
  spawnSync(process.execPath, [makeModel, model], { stdio: 'inherit' });
  const results = { 'kill -9': await stop('SIGKILL'), 'Ctrl-C': await stop('SIGINT') };
  writeEvidence({
    name: 'engine-kills',
    title: 'An engine build stopped at random moments',
    command: 'scripts/verify-long engine-kills',
    passed: Object.values(results).every(({ wrong, final }) => wrong.length === 0 && final.exitCode === 0),
    facts: {
      Model: "ResNet-50's size in fp16 (bench/make-model.mjs), for sm86 and sm89, TensorRT-RTX",
      'Runs stopped': `${rounds} by each signal`,
      ...Object.fromEntries(
        Object.entries(results).flatMap(([title, result]) =>
          Object.entries(factsOf(result)).map(([key, value]) => [`${title}: ${key}`, value]),
        ),
      ),
    },
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
