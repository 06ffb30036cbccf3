import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-info.js';

/** The built command line. */
export const hornetEntry: string = join(packageRoot, 'dist/cli/main.cjs');

/** What a command gets of this process's environment: who runs it, and how the addon is to be checked. */
const inherited = ['PATH', 'HOME', 'HORNET_NATIVE', 'LD_PRELOAD', 'ASAN_OPTIONS', 'LSAN_OPTIONS', 'UBSAN_OPTIONS'];

/** A clean environment with what a test adds; without a volume of the test's own, no models are prepared. */
export function commandEnvironment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env = Object.fromEntries(inherited.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
  return { ...env, ...(added.HORNET_HOME === undefined ? { HORNET_PREPARE: 'off' } : {}), ...added };
}

/** Runs `hornet ARGS` to its end, with a clean environment and in the package's folder unless told otherwise. */
export async function runHornet(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [hornetEntry, ...args], {
    cwd: options.cwd ?? packageRoot,
    env: commandEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { exitCode, stdout, stderr };
}

/** A running `hornet serve`. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  /** Log lines so far, parsed. They come by another way than answers over HTTP: all are there after `stop`. */
  readonly log: readonly Record<string, unknown>[];
  /** The next log line with this event, counted from the call. */
  next(event: string): Promise<Record<string, unknown>>;
  /** The exit code, once it has ended; null where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Sends the signal and resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts `hornet serve ARGS` on a free port and waits until it listens. */
export async function startHornet(
  args: readonly string[] = [],
  env: Record<string, string> = {},
  nodeArgs: readonly string[] = [],
): Promise<RunningServer> {
  const child = spawn(process.execPath, [...nodeArgs, hornetEntry, 'serve', '--port', '0', ...args], {
    cwd: packageRoot,
    env: commandEnvironment(env),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const log: Record<string, unknown>[] = [];
  const lines = new EventEmitter();
  const url = await new Promise<string>((resolve, reject) => {
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const whole = (rest + text).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) {
        const entry = JSON.parse(line) as Record<string, unknown>;
        log.push(entry);
        lines.emit(String(entry.event), entry);
        if (entry.event === 'server.listening') resolve(String(entry.url));
      }
    });
    void exited.then((code) => reject(new Error(`hornet serve ended with ${code}: ${JSON.stringify(log)} ${rest}`)));
  });
  return {
    url,
    pid: child.pid as number,
    log,
    exited,
    next: async (event) => (await once(lines, event))[0] as Record<string, unknown>,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}
