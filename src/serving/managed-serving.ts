import type { ServingEvents } from './serving-events.js';
import type { ServingOptions } from './serving-options.js';
import type { ServingStatus } from './serving-state.js';

/**
 * Why a serving is unloaded: told to (requests are then refused until it is loaded again), unused for too long, or to
 * make room for another one (the next request loads it again).
 */
export type UnloadReason = 'by-hand' | 'idle' | 'evicted';

/** When a serving is loaded: at the start, to stay; or by its first request, until it is idle or room is needed. */
export type MemoryMode = 'preload' | 'on-demand';

/** What a serving is replaced by; what is left out stays as it is. */
export interface ReplaceChanges
  extends Partial<Pick<ServingOptions, 'dtype' | 'maxBatch' | 'backend' | 'forceDownload' | 'forceBuild'>> {
  /** Branch, tag or commit of a model of the Hub. */
  readonly revision?: string;
}

/** A serving as those see it who decide what is in memory. `Serving` is one. */
export interface ManagedServing {
  readonly name: string;
  /** Of the settings: when it is loaded, and after how long without use an on-demand one is unloaded (ms, 0: never). */
  readonly options: { readonly memory: MemoryMode; readonly unloadAfterMs: number };
  /** While `state` is told, `status` has it already; while `idle` is told, `inFlight` is 0. */
  readonly events: ServingEvents;
  readonly status: ServingStatus;
  /** Images that were admitted and are not yet answered, those that wait for loading included. */
  readonly inFlight: number;
  /** When something was last admitted or answered, by the clock of the manager and the memory; 0: never. */
  readonly lastUsedAtMs: number;
  /** What its leases say that it takes; 0 where nothing is loaded. */
  readonly residentBytes: number;
  /**
   * Brings it to `ready`. Joins a load that goes on; starts anew out of `pending`, `failed`, `no-gpu` and `unloaded`,
   * and after an unload that goes on. What fails is logged by the serving, whoever has asked for it.
   * @throws what made it fail; ERR_SERVING_UNLOADED where unload() came in between; ERR_SERVING_CLOSED
   */
  load(): Promise<void>;
  /**
   * Ends a load or replacement that goes on, answers what was admitted, frees everything, is `unloaded`; out of `failed`
   * too. Joins an unload that goes on; once one of them was by hand, it stays so until load(). Leaves `ready` before it returns, so that whoever has seen that nothing is in flight and calls this at once can
   * rely on it: a request that comes later waits for the unload, and then for the next load.
   */
  unload(reason: UnloadReason): Promise<void>;
  /**
   * Loads the changed one beside the old one, which answers until the new one is ready. Where that fails, the old one stays.
   * @throws what made the new one fail; ERR_SERVING_BUSY; ERR_SERVING_UNLOADED; ERR_SERVING_CLOSED
   */
  replace(changes: ReplaceChanges): Promise<void>;
  /** Ends a load that goes on, answers what was admitted, frees everything; for good. Idempotent. */
  close(): Promise<void>;
}
