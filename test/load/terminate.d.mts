export interface TerminateOptions {
  readonly rounds: number;
  readonly connections: number;
  /** The signal comes at a random time up to this after the first answer, ms. */
  readonly withinMs: number;
  readonly seed?: number;
  readonly onRound?: (done: number) => void;
}

export interface TerminateRound {
  readonly exitCode: number | string | null;
  readonly statuses: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Partial<Record<string, number>>>;
  /** From the signal to the end of the process. */
  readonly tookMs: number;
  /**
   * Requests that got no answer although they were with the system before the signal, answers that broke off, that were
   * wrong, or that were an error other than a refusal after the signal.
   */
  readonly wrong: readonly string[];
  /** Answers after the signal that do not say "Connection: close": their clients come back and are refused. */
  readonly kept: number;
}

/** Starts `hornet serve`, loads it, ends it by SIGTERM; again and again. Some senders are slow. Needs dist/. */
export function terminateUnderLoad(options: TerminateOptions): Promise<readonly TerminateRound[]>;
