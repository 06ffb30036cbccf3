import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { noteSkip } from '../skips/note-skip.js';

/** A Python with the packages of requirements.txt. */
const python = process.env.HORNET_TEST_PYTHON;

/** Whether a client that is not there fails the tests. */
const isRequired = process.env.HORNET_REQUIRE_CLIENTS === '1';

/** Whether a client can be tried; where not, says so. @throws where HORNET_REQUIRE_CLIENTS=1 asks for it */
export function hasPythonClient(packageName: string): boolean {
  const problem = python === undefined ? 'HORNET_TEST_PYTHON names no python' : missing(python, packageName);
  return isAvailable(`the client of ${packageName}`, problem);
}

/** As {@link hasPythonClient}, for a command of the system. */
export function hasCommand(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return isAvailable(command, 'it is not installed');
  }
}

/** Runs a script beside this file with a Python that asks nobody but the server; what it prints, parsed. */
export async function runPython<T>(script: string, args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(python ?? '', [join(import.meta.dirname, script), ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      HF_HUB_DISABLE_TELEMETRY: '1',
      NO_PROXY: '127.0.0.1,localhost',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as T;
}

/** Runs curl, which fails for every status from 400 on; what the server answered, parsed. */
export async function runCurl<T>(args: readonly string[], input?: Uint8Array): Promise<T> {
  const running = promisify(execFile)('curl', [
    '--silent',
    '--show-error',
    '--fail-with-body',
    '--noproxy',
    '*',
    ...args,
  ]);
  running.child.stdin?.end(input);
  return JSON.parse((await running).stdout) as T;
}

function missing(command: string, packageName: string): string | undefined {
  try {
    execFileSync(command, ['-c', `from importlib.metadata import version; version("${packageName}")`], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return `${command} has no package ${packageName}; see test/clients/requirements.txt`;
  }
}

function isAvailable(what: string, problem: string | undefined): boolean {
  if (problem === undefined) return true;
  if (isRequired) throw new Error(`${what} cannot be tried: ${problem}`);
  noteSkip(what, problem);
  return false;
}
