import type { Logger } from '../../../logging/create-logger.js';
import type { ClassifierModel } from '../../../model/classifier-model.js';
import type { ModelReference } from '../../../model/model-reference.js';
import type { CpuReport, CpuRequest } from '../cpu-settings.js';
import type { PreparedFingerprint } from './prepared-fingerprint.js';
import type { PreparedStore, StoredPrepared } from './prepared-store.js';
import type { runPrepareJob } from './run-prepare-job.js';

/** A prepared model that is wanted. */
export interface PrepareRequest {
  readonly model: ClassifierModel;
  readonly reference: ModelReference;
  /** HORNET_HOME, or empty. */
  readonly home: string;
  /** HORNET_BAKED. */
  readonly baked: string;
  /** What is asked of its settings. */
  readonly cpu: Required<CpuRequest>;
  /** Why it is to be prepared although there may be one, in words; null: it is not. */
  readonly again: string | null;
  /** Leave those that the wanted one makes out of date. */
  readonly keepStale: boolean;
  /** Check all of a stored one before it is given out, instead of while it is loaded. */
  readonly thorough: boolean;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Called before what takes long, with what it is in words; what it waits for is waited for. */
  readonly onWork?: ((what: string) => Promise<void> | void) | undefined;
  /** For tests: how a job is done, and how long another process is waited for. */
  readonly runJob?: typeof runPrepareJob | undefined;
  readonly lockTimeoutMs?: number | undefined;
}

/** A prepared model that is in place, and how it came there. */
export interface PrepareResult {
  readonly prepared: StoredPrepared;
  readonly settings: CpuReport;
  /** `fresh`: was there already, or another process has made it meanwhile. */
  readonly outcome: 'prepared' | 'fresh';
  /** Why it was prepared, in words; empty where there was none before. */
  readonly reasons: readonly string[];
  /**
   * Whether it is what it is taken for, which takes long to find out: to be asked while it is loaded. Where it is not, a
   * thorough request tells why and prepares anew.
   */
  isRight(): Promise<boolean>;
}

/** One prepared model, with all that is needed to make it. */
export interface PrepareWork {
  readonly request: PrepareRequest;
  readonly store: PreparedStore;
  readonly wanted: PreparedFingerprint;
  /** Name of the folder of the model. */
  readonly name: string;
}

/** How long a process waits for another one that prepares the same model, ms. */
export const defaultLockTimeoutMs = 120_000;
