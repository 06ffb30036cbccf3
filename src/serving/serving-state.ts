import type { Backend, BackendDevice } from '../backend/backend.js';
import type { ErrorCode } from '../errors/error-registry.js';

/** States of a serving, in the order in which loading passes through them. */
export type ServingStateName =
  | 'pending'
  | 'downloading'
  | 'verifying'
  | 'building'
  | 'loading'
  | 'warming'
  | 'ready'
  | 'failed'
  | 'no-gpu'
  | 'unloaded'
  | 'draining';

/** A serving as GET /models reports it. */
export interface ServingStatus {
  readonly name: string;
  /** The model as it was asked for. */
  readonly model: string;
  readonly state: ServingStateName;
  /** When it entered the state, ISO 8601. */
  readonly since: string;
  /** How far the state is, 0 to 100, where that is known. */
  readonly percent: number | null;
  /** What is going on, one line, where there is more to say than the state. */
  readonly message: string | null;
  /** What it runs on; null while it is not ready. */
  readonly backend: Backend['kind'] | null;
  /** GPUs that it runs on just now; empty on the CPU. */
  readonly devices: readonly BackendDevice[];
  /** Why it failed, in states that have a reason. */
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly remedy: string } | null;
}
