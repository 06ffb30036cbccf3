import { HornetError } from '../errors/hornet-error.js';
import type { Shortage } from './judge-admission.js';

/** One model in memory, or on its way there. A serving has two while it is replaced. */
export interface Resident {
  readonly serving: string;
  readonly bytes: number;
  readonly state: 'loading' | 'loaded';
}

/** Memory as GET /status reports it. */
export interface MemoryReport {
  readonly maxLoaded: number;
  readonly maxResidentBytes: number;
  readonly availableBytes: number | null;
  readonly residents: readonly Resident[];
  /** Loads that wait for memory. */
  readonly waiting: number;
}

/** @param owner name of the serving that cannot be loaded */
export function insufficientMemory(
  owner: string,
  neededBytes: number,
  shortage: Shortage,
  report: MemoryReport,
): HornetError {
  const { residents } = report;
  const list = residents.map(({ serving, bytes }) => `${serving} (${megabytes(bytes)})`).join(', ');
  return new HornetError(
    'ERR_MEMORY_INSUFFICIENT',
    `Serving "${owner}" needs ${megabytes(neededBytes)} of memory, but ${describe(shortage, report)}; ` +
      `in memory ${residents.length === 0 ? 'is nothing' : `are ${list}`}.`,
    { details: { neededBytes, shortage, residents } },
  );
}

function describe(shortage: Shortage, { maxLoaded, maxResidentBytes, availableBytes }: MemoryReport): string {
  switch (shortage) {
    case 'maxLoaded':
      return `no more than ${maxLoaded} may be loaded at once`;
    case 'maxResidentBytes':
      return `all together may take ${megabytes(maxResidentBytes)}`;
    case 'availableBytes':
      return `${megabytes(availableBytes ?? 0)} are left`;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
