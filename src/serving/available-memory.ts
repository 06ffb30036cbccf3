import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';

/** Names of the files of a memory controller, by version of cgroups. */
const versions = [
  { folder: '', limit: 'memory.max', usage: 'memory.current', cache: ['active_file', 'inactive_file'] },
  {
    folder: 'memory',
    limit: 'memory.limit_in_bytes',
    usage: 'memory.usage_in_bytes',
    cache: ['total_active_file', 'total_inactive_file'],
  },
] as const;

/** What {@link availableMemoryBytes} reads; for tests. */
export interface MemorySources {
  /** Where cgroups are mounted, as the process sees them: in a container its own one is the root. */
  readonly cgroups: string;
  readonly freeBytes: () => number;
}

/**
 * Memory that this process may still take before it has to swap or is killed, in bytes: what the machine has left, or
 * the container if that is less. Unlike `process.availableMemory()` of Node, which takes the cached files of a container
 * for used: a model that was just downloaded would then seem not to fit.
 */
export function availableMemoryBytes({ cgroups, freeBytes }: Partial<MemorySources> = {}): number {
  const left = versions.map((version) => leftInContainer(cgroups ?? '/sys/fs/cgroup', version));
  return Math.min((freeBytes ?? freemem)(), ...left);
}

function leftInContainer(cgroups: string, { folder, limit, usage, cache }: (typeof versions)[number]): number {
  const read = (name: string): string => readFileSync(join(cgroups, folder, name), 'utf8');
  try {
    const limitBytes = Number(read(limit));
    // "max" of version 2; version 1 says so with a number beyond any machine.
    if (Number.isNaN(limitBytes)) return Number.POSITIVE_INFINITY;
    const lines = read('memory.stat')
      .split('\n')
      .map((line) => line.split(' '));
    const cachedBytes = lines
      .filter(([name]) => cache.some((field) => field === name))
      .reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    return Math.max(0, limitBytes - Number(read(usage)) + cachedBytes);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
