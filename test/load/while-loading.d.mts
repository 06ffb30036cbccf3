import type { LoadResult } from './start-load.mjs';

export interface LoadingOptions {
  /** HORNET_LOADING_WAIT_MS. */
  readonly loadingWaitMs: number;
  /** Of all requests together: four of six ask for health, one each for the serving that is there and that is not yet. */
  readonly ratePerSecond: number;
}

/** What GET /models/NAME said, each time that it said something else. */
export interface LoadingStep {
  readonly state: string;
  readonly percent: number | null;
  readonly message: string | null;
}

export interface LoadingResult {
  readonly steps: readonly LoadingStep[];
  /** In the end. */
  readonly state: string;
  /** Kinds `live`, `other` and `loading`; with records. */
  readonly load: LoadResult;
  /** Four requests for the one that was loading. */
  readonly afterwards: LoadResult;
  readonly exitCode: number | string | null;
}

/** Serves digits while another model is downloaded from a slow Hub. Needs dist/. */
export function serveWhileDownloading(
  options: LoadingOptions & { readonly downloadMs: number },
): Promise<LoadingResult>;

/** Serves digits while an engine for another model is built, on the stand-ins. Needs dist/ and the stand-ins. */
export function serveWhileBuilding(options: LoadingOptions & { readonly buildMs: number }): Promise<LoadingResult>;
