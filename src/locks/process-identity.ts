import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { hasErrorCode } from './has-error-code.js';

/** Who holds a lock, told so that another process can find out whether that one still lives. */
export interface ProcessIdentity {
  /** Name of the machine or container; for messages only. */
  readonly host: string;
  /** The kernel's boot: equal for all containers of one machine, new after each start of it. */
  readonly bootId: string;
  /** The pid namespace that `pid` counts in; containers have their own. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** Clock ticks between the boot and the start of the process, or '' where /proc cannot tell. */
  readonly startTime: string;
}

/** Reads one line that the kernel offers, or '' where there is none (not Linux, or /proc not mounted). */
function kernelLine(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}

/**
 * The fields of `/proc/PID/stat` that matter here. The second field, the command's name, may itself
 * contain blanks and parentheses, so fields are counted from the last closing one.
 */
export function parseProcessStat(stat: string): { pid: number; state: string; threads: number; startTime: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number.parseInt(stat, 10),
    state: fields[0] ?? '',
    threads: Number(fields[17]),
    startTime: fields[19] ?? '',
  };
}

let cached: ProcessIdentity | undefined;

/** The identity of this process. */
export function ownProcessIdentity(): ProcessIdentity {
  if (cached === undefined) {
    const own = parseProcessStat(kernelLine(() => readFileSync('/proc/self/stat', 'utf8')));
    // In a pid namespace whose /proc is still the outer one, /proc/PID is somebody else: leave it unread.
    const procIsOurs = own.pid === process.pid;
    cached = Object.freeze({
      host: hostname(),
      bootId: kernelLine(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')) || `host:${hostname()}`,
      pidNamespace: kernelLine(() => readlinkSync('/proc/self/ns/pid')),
      pid: process.pid,
      startTime: procIsOurs ? own.startTime : '',
    });
  }
  return cached;
}

/** `foreign`: of another machine, boot or container, where nothing can be said from here. */
export type Liveness = 'alive' | 'dead' | 'foreign';

/**
 * Whether the process still runs, as far as `self` can tell: only processes of the same boot and pid
 * namespace can be asked after. A pid that was given to a new process counts as dead (its start time
 * differs), and so does a zombie whose threads have all ended: it only waits for its parent.
 */
export async function livenessOf(other: ProcessIdentity, self: ProcessIdentity): Promise<Liveness> {
  if (other.bootId !== self.bootId || other.pidNamespace !== self.pidNamespace) return 'foreign';
  if (!hasPid(other.pid)) return 'dead';
  if (other.startTime === '' || self.startTime === '') return 'alive';
  let stat: string;
  try {
    stat = await readFile(`/proc/${other.pid}/stat`, 'utf8');
  } catch {
    // Gone this instant, or hidden from us (hidepid).
    return hasPid(other.pid) ? 'alive' : 'dead';
  }
  const found = parseProcessStat(stat);
  // A killed process is a zombie as soon as its first thread has ended; the others may still be finishing
  // a system call, such as a rename of the lock file. (Seen: it moved the lock of the next holder away.)
  if (found.state === 'Z' || found.state === 'X') return found.threads > 1 ? 'alive' : 'dead';
  return found.startTime === other.startTime ? 'alive' : 'dead';
}

/** Whether some process has it, be it a zombie. */
function hasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return !hasErrorCode(error, 'ESRCH');
  }
}
