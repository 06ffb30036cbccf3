import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { HornetError, messageOf } from '../../../errors/hornet-error.js';
import { throwIfCancelled } from '../../../locks/cancellation.js';
import { compiledModule } from '../../../package-info.js';
import { declineTelemetry } from '../decline-telemetry.js';
import type { Measured, PrepareJob, PrepareReply } from './prepare-protocol.js';

/** Longest time that a job may take, ms: a model of a gigabyte is optimised in seconds. */
const longestMs = { optimise: 120_000, measure: 60_000 } as const;

/** Of what a child process writes to its standard error output, this much at the end is told. */
const toldCharacters = 500;

/** Options of {@link runPrepareJob}. */
export interface PrepareJobOptions {
  readonly signal?: AbortSignal | undefined;
  /** For tests: milliseconds after which the child process is ended. */
  readonly timeoutMs?: number | undefined;
  /** For tests: another module to run. */
  readonly entry?: URL | undefined;
}

/** For the sake of memory, and because two that measure would measure each other. */
const oneAtATime = pLimit(1);

/**
 * Does a job in a child process, which is gone when this settles. Of this process one at a time.
 * @returns what was measured; null of another job
 * @throws ERR_MODEL_UNPREPARED; ERR_CANCELLED or the signal's own reason
 */
export function runPrepareJob(job: PrepareJob, options: PrepareJobOptions = {}): Promise<Measured | null> {
  return oneAtATime(() => runInChild(job, options));
}

async function runInChild(job: PrepareJob, options: PrepareJobOptions): Promise<Measured | null> {
  const { signal, timeoutMs = longestMs[job.kind] } = options;
  throwIfCancelled(signal, 'Preparing the model');
  const entry = options.entry ?? compiledModule('backend/onnxruntime/prepared/prepare-child.js');
  declineTelemetry();
  const child = fork(fileURLToPath(entry), {
    // Not inherited: options such as --input-type keep it from starting.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let said = '';
  let late = false;
  let reply: PrepareReply | undefined;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-toldCharacters);
  });
  child.on('message', (message: PrepareReply) => {
    reply = message;
  });
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener('abort', kill, { once: true });
  // One that dies at once is told of by its exit.
  child.send(job, () => {});
  try {
    const [code, killedBy] = (await once(child, 'close').catch((error: unknown) => {
      throw unprepared(messageOf(error));
    })) as [number | null, NodeJS.Signals | null];
    throwIfCancelled(signal, 'Preparing the model');
    if (reply?.ok === true) return reply.measured;
    if (late) throw unprepared(`it took longer than ${timeoutMs / 1000} s`);
    if (reply !== undefined) throw unprepared(reply.message);
    const how = killedBy === null ? `exit code ${code}` : killedBy;
    throw unprepared(`the process that does it ended with ${how}${said === '' ? '' : `: ${said}`}`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

function unprepared(why: string): HornetError {
  const line = why.trim().replace(/\s+/g, ' ').replace(/\.?$/, '.');
  return new HornetError('ERR_MODEL_UNPREPARED', `The model cannot be prepared: ${line}`);
}
