import { availableParallelism } from 'node:os';
import { availableMemoryBytes } from './available-memory.js';
import { ComputeShares } from './batching/compute-shares.js';
import { ByteBudget, defaultDecodedBytes } from './byte-budget.js';
import { type Clock, systemClock } from './clock.js';
import { FairSemaphore } from './fair-semaphore.js';
import { ResidentMemory } from './resident-memory.js';

/** What the servings of one process share, so that together they stay within the machine and none takes it all. */
export interface SharedResources {
  readonly clock: Clock;
  /** Turns on the processor and on each GPU. */
  readonly shares: ComputeShares;
  /** One picture is decoded at a time for each processor: more would keep everything else waiting, and win nothing. */
  readonly decodeTurns: FairSemaphore;
  /** Bytes of decoded pictures. */
  readonly decodedBytes: ByteBudget;
  /** Memory of loaded models. */
  readonly memory: ResidentMemory;
}

/** Limits of {@link createSharedResources}; 0: none. */
export interface ResidentLimits {
  readonly maxLoaded: number;
  readonly maxResidentBytes: number;
}

export function createSharedResources(limits: ResidentLimits, clock: Clock = systemClock): SharedResources {
  return {
    clock,
    shares: new ComputeShares(clock),
    decodeTurns: new FairSemaphore(availableParallelism()),
    decodedBytes: new ByteBudget(defaultDecodedBytes),
    memory: new ResidentMemory({ ...limits, clock, availableBytes: availableMemoryBytes }),
  };
}

let ofProcess: SharedResources | undefined;

/** Those of servings that were given none. */
export function processResources(): SharedResources {
  ofProcess ??= createSharedResources({ maxLoaded: 0, maxResidentBytes: 0 });
  return ofProcess;
}
