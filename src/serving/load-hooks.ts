import type { Backend } from '../backend/backend.js';
import type { HornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import type { ClassifierModel } from '../model/classifier-model.js';
import type { CpuResidence } from './estimate-resident-bytes.js';
import type { EngineOutcome } from './serving-events.js';
import type { ServingStateName } from './serving-state.js';

/** What loading a model tells the serving that it is for. */
export interface LoadHooks {
  readonly log: Logger;
  /** Aborts when the serving is closed. */
  readonly signal: AbortSignal;
  /** Begins a state; does nothing where it is in it already. */
  enter(state: ServingStateName): void;
  /** How far the state is, 0 to 100, and in words. */
  progress(percent: number | null, message: string): void;
  /**
   * Called with what is about to be loaded, before it takes memory; resolves when there is room for it. Called again,
   * it is for that instead of what was asked for before.
   * @param cpu how it is run on the CPU, where that is known
   * @throws ERR_MEMORY_INSUFFICIENT, or the signal's reason
   */
  admit(model: ClassifierModel, backend: Backend['kind'], cpu?: CpuResidence): Promise<void>;
  /** Whether somebody waits for the model just now. */
  isAwaited(): boolean;
  /** Bytes that have come over the network since this was last called. */
  onDownloaded?(bytes: number): void;
  /** An engine was found, built, or neither. */
  onEngine?(outcome: Omit<EngineOutcome, 'serving'>): void;
  /** The loaded backend can run no batches for a while, or can again. */
  onAvailable(available: boolean): void;
  /** The loaded backend has failed for good. */
  onFailed(error: HornetError): void;
}
