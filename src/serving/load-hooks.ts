import type { HornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import type { ServingStateName } from './serving-state.js';

/** What loading a model tells the serving that it is for. */
export interface LoadHooks {
  readonly log: Logger;
  /** Aborts when the serving is closed. */
  readonly signal: AbortSignal;
  /** Begins a state; does nothing where it is in it already. */
  enter(state: ServingStateName): void;
  /** How far the state is, 0 to 100, and in words. */
  progress(percent: number, message: string): void;
  /** The loaded backend has failed for good. */
  onFailed(error: HornetError): void;
}
