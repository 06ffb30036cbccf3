/** Outcome of {@link killWhileFetching}. */
export interface KillResult {
  /** Processes that were killed while they ran. */
  readonly kills: number;
  /** Processes that were through before their kill. */
  readonly finishedEarly: number;
  /** What was found wrong in the cache after a kill; must be empty. */
  readonly wrong: readonly string[];
  readonly modelBytes: number;
  /** Bytes of the model that the Hub sent in all. */
  readonly sentBytes: number;
  /** Of the run that was left alone. */
  readonly finalExitCode: number;
}

export function killWhileFetching(options: {
  readonly kills: number;
  readonly modelBytes: number;
  readonly bytesPerSecond: number;
  /** A process lives up to this long, ms. */
  readonly maxDelayMs: number;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly onKill?: (done: number) => void;
}): Promise<KillResult>;
