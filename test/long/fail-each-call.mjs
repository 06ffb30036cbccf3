// Lets every call of the driver and of TensorRT fail in turn, on the stand-ins, one process each.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { standInEnvironment } from '../stand-ins/stand-in-environment.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const child = join(root, 'test/engine/child-processes/run-engine.mjs');
const model = join(root, 'models/digits');
const timeoutMs = 60_000;

/**
 * @param {import('./fail-each-call.d.mts').FailEachCallOptions} options
 * @returns {Promise<import('./fail-each-call.d.mts').FaultSummary>}
 */
export async function failEachCall({ flavour, every = 1, first = 1, failure, onDone = () => {} }) {
  const home = mkdtempSync(join(tmpdir(), 'hornet-faults-'));
  const env = { PATH: process.env.PATH ?? '', HOME: home, ...standInEnvironment(flavour) };
  try {
    const built = await start([join(root, 'dist/cli/main.cjs'), 'build-engine', '--home', home, model], env);
    if (built.exitCode !== 0) throw new Error(`The engine could not be built: ${built.stderr}`);
    const healthy = await tryOnce(home, env, join(home, 'healthy.json'));
    if (healthy.problems.length > 0 || healthy.codes.length > 0) {
      throw new Error(`Not even without a failure does it work: ${[...healthy.problems, ...healthy.codes].join('; ')}`);
    }
    const numbers = [];
    for (let number = first; number <= healthy.calls; number += every) numbers.push(number);
    const limit = pLimit(availableParallelism());
    let done = 0;
    const outcomes = await Promise.all(
      numbers.map((number) =>
        limit(async () => {
          const STANDIN_FAIL = failure === undefined ? `#${number}` : `#${number}=${failure}`;
          const outcome = await tryOnce(home, { ...env, STANDIN_FAIL }, join(home, `${number}.json`));
          onDone(++done, numbers.length);
          return { number, ...outcome };
        }),
      ),
    );
    return { calls: healthy.calls, outcomes };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** One process; what is wrong with it is in `problems`. */
async function tryOnce(home, env, reportPath) {
  const { exitCode, signal, stdout, stderr } = await start([child, model, home], {
    ...env,
    STANDIN_REPORT: reportPath,
  });
  const problems = [];
  if (signal !== null) problems.push(signal === 'SIGKILL' ? 'hangs' : `crashes with ${signal}`);
  else if (exitCode !== 0) problems.push(`exit code ${exitCode}: ${stderr.trim().split('\n').slice(-6).join(' / ')}`);
  const said = exitCode === 0 ? JSON.parse(stdout) : { runs: 0, codes: [] };
  if (!existsSync(reportPath)) return { ...said, calls: 0, name: null, problems: [...problems, 'no report'] };
  const report = JSON.parse(readFileSync(reportPath, 'utf8'));
  for (const { rule, text } of report.violations) problems.push(`${rule}: ${text}`);
  for (const leak of report.leaks) problems.push(`leak: ${JSON.stringify(leak)}`);
  return { ...said, calls: report.calls, name: report.failed?.name ?? null, problems };
}

function start(args, env) {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, args, { cwd: root, env, timeout: timeoutMs, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    process_.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    process_.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    process_.once('error', reject);
    process_.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
}
