import type { Backend, BackendDevice } from '../backend/backend.js';
import type { CpuReport } from '../backend/onnxruntime/cpu-settings.js';
import type { ErrorCode } from '../errors/error-registry.js';
import type { HornetError } from '../errors/hornet-error.js';

/** States of a serving, in the order in which loading passes through them. */
export const servingStates = [
  'pending',
  'downloading',
  'verifying',
  'building',
  'loading',
  'warming',
  'ready',
  'failed',
  'no-gpu',
  'unloaded',
  'draining',
] as const;
export type ServingStateName = (typeof servingStates)[number];

/** How far loading is. */
export interface LoadProgress {
  /** 0 to 100, where that is known. */
  readonly percent: number | null;
  /** What is going on, one line, where there is more to say than the state. */
  readonly message: string | null;
}

/** A failure as it is reported. */
export interface ReportedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** What is to take the place of a serving's model, or was to. */
export interface ReplacementStatus extends LoadProgress {
  /** `failed`: the old one goes on; it stays here until the next replacement begins. */
  readonly state: ServingStateName;
  readonly error: ReportedError | null;
}

/** A serving as GET /models reports it. */
export interface ServingStatus extends LoadProgress {
  readonly name: string;
  /** The model as it was asked for. */
  readonly model: string;
  readonly state: ServingStateName;
  /** When it entered the state, ISO 8601. */
  readonly since: string;
  /** `preload`: loaded at the start; `on-demand`: by the first request. */
  readonly memory: 'preload' | 'on-demand';
  /** What it runs on; null while it is not ready. */
  readonly backend: Backend['kind'] | null;
  /** GPUs that it runs on just now; empty on the CPU. */
  readonly devices: readonly BackendDevice[];
  /** How it runs on the CPU; null on GPUs, and while it is not ready. */
  readonly cpu: CpuReport | null;
  /** Images in it, from admission to answer. */
  readonly inFlight: number;
  /** Estimate of the memory that its model takes, bytes; 0 while it is not loaded. */
  readonly residentBytes: number;
  readonly replacement: ReplacementStatus | null;
  /** Why it failed, in states that have a reason. */
  readonly error: ReportedError | null;
}

/** What of an error is told. */
export function reportedError(error: HornetError | null): ReportedError | null {
  return error === null ? null : { code: error.code, message: error.message, remedy: error.remedy };
}
