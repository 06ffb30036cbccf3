import type { StandInFlavour } from '../stand-ins/stand-in-environment.mjs';

export interface FailEachCallOptions {
  readonly flavour: StandInFlavour;
  /** Every how manieth call is tried, default each. */
  readonly every?: number;
  /** Number of the first call that is tried, default 1. */
  readonly first?: number;
  /** How it fails, as in STANDIN_FAIL; default: as is usual for the call. */
  readonly failure?: string;
  readonly onDone?: (done: number, of: number) => void;
}

/** What became of one process. */
export interface FaultOutcome {
  /** Of the call that failed. */
  readonly number: number;
  readonly name: string | null;
  /** Runs that succeeded all the same. */
  readonly runs: number;
  /** Errors, in order. */
  readonly codes: readonly string[];
  /** Crash, hang, leak, broken rule, error without a code; must be empty. */
  readonly problems: readonly string[];
}

export interface FaultSummary {
  /** Calls that a run without failures makes. */
  readonly calls: number;
  readonly outcomes: readonly FaultOutcome[];
}

export function failEachCall(options: FailEachCallOptions): Promise<FaultSummary>;
