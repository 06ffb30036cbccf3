import type { VolumeFault } from './test-volume.mjs';

/** A line of the log that tells how far a boot is. */
export interface BootStep {
  /** Since the server was started. */
  readonly atMs: number;
  readonly event: string;
  readonly state: string | null;
  readonly message: string;
}

export interface Boot {
  readonly steps: readonly BootStep[];
  /** States in their order. */
  readonly states: readonly string[];
  /** Different percentages that GET /models/NAME told, by state. */
  readonly percents: Readonly<Record<string, number>>;
  /** Statuses of /health/ready in their order, without repetitions. */
  readonly readiness: readonly number[];
  /** Answers of /health/live other than 200, while it was asked all the time. */
  readonly notAlive: number;
  /** Bytes that the Hub sent of the model's file. */
  readonly downloadedBytes: number;
  readonly builds: number;
  /** From the start of the process to the first answer with labels, to a request that was sent as soon as it listened. */
  readonly firstAnswerMs: number;
  readonly exitCode: number | string | null;
}

/** Serves a model of the Hub on the stand-in GPU from an empty volume, and again. Needs dist/ and the stand-ins. */
export function bootTwice(options: {
  readonly downloadMs: number;
  readonly buildMs: number;
}): Promise<{ readonly first: Boot; readonly second: Boot }>;

export interface FaultyBoot {
  /** What GET /models/NAME and the log said. */
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | null;
  readonly logged: string;
  /** Of both tries that failed. */
  readonly codes: readonly string[];
  readonly isAlive: boolean;
  /** From the repair of the volume to the state ready. */
  readonly recoveredAfterMs: number;
  readonly statuses: Readonly<Record<number, number>>;
  readonly exitCode: number | string | null;
}

/**
 * The first boot, while something happens to its volume in the given state; what happened is undone once the server has
 * said twice what is wrong.
 * @throws Error where nothing can be mounted
 */
export function bootWithFault(options: {
  readonly fault: VolumeFault;
  readonly during: 'downloading' | 'building';
}): Promise<FaultyBoot>;
