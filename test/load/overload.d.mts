import type { LoadResult } from './start-load.mjs';

export interface OverloadOptions {
  /** Folder of a model whose run costs far more than refusing a request. */
  readonly model: string;
  /** Each measures the peak and overloads right after it, so that both see the same machine. */
  readonly rounds: number;
  readonly peakMs: number;
  readonly overloadMs: number;
  /** Requests that come for each one that can be answered. */
  readonly factor: number;
  /** Of so many pictures one has 2 MB, the others 26 kB. */
  readonly largeOneIn: number;
  readonly maxQueue: number;
  /** Deadline of the server. */
  readonly timeoutMs: number;
  /** Whether the peak is also measured beside a process that does nothing but refuse as many requests; false unless given. */
  readonly besides?: boolean;
  readonly onRound?: (done: number) => void;
}

/** Load, and processor time of the server for each image that it answered 200, ms. */
export interface MeasuredLoad {
  readonly load: LoadResult;
  readonly cpuMsPerImage: number;
}

export interface OverloadRound {
  /** From some connections that each wait for their answer. */
  readonly peak: MeasuredLoad;
  /** The same beside the process that refuses: what generating and refusing cost here, whoever refuses. */
  readonly beside: MeasuredLoad | null;
  /**
   * At the rate: kinds are `whole`, `impatient` (a deadline of 400 ms), `leaving` (the client goes within 1 s) and
   * `damaged` (no whole picture).
   */
  readonly busy: MeasuredLoad;
  /** Requests that got no answer, or one that does not fit them. */
  readonly wrong: readonly string[];
}

export interface OverloadResult {
  readonly rounds: readonly OverloadRound[];
  /** As many requests at once as the queue has places, when all is over. */
  readonly refill: LoadResult;
  /** Resident bytes: idle before and after, garbage collected both times, and at most between. */
  readonly memory: { readonly before: number; readonly peakBytes: number; readonly after: number };
  /** By GET /metrics, when all is over: statuses whose number is not what the clients have seen, and images in the queue. */
  readonly counted: { readonly wrong: readonly string[]; readonly queue: number };
  readonly exitCode: number | string | null;
}

/** Sends `hornet serve` far more than it can answer. Linux; needs dist/. */
export function overload(options: OverloadOptions): Promise<OverloadResult>;
