import type { LoadResult } from './start-load.mjs';

export interface FairnessOptions {
  /** Folder of a model that costs far more an image than the sample of digits. */
  readonly model: string;
  /** With both under load; each is loaded alone for a quarter of it before. */
  readonly durationMs: number;
  /** To each of the servings. */
  readonly connections: number;
}

export interface ServingShare {
  readonly alone: LoadResult;
  readonly together: LoadResult;
  /** What it used of the CPU beside the other one, and in how many runs, by GET /status. */
  readonly busyMs: number;
  readonly runs: number;
}

export interface FairnessResult {
  readonly cheap: ServingShare;
  readonly costly: ServingShare;
  /** Runs that wait for their turn in the end, by GET /status. */
  readonly waiting: number;
  readonly exitCode: number | string | null;
}

/** Loads two servings of very different costs at the same time. Needs dist/. */
export function shareFairly(options: FairnessOptions): Promise<FairnessResult>;
