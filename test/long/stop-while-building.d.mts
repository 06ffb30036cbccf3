/** What a run of {@link stopWhileBuilding} is about. */
export interface StopOptions {
  /** An existing, empty folder for HORNET_HOME. */
  readonly home: string;
  /** MODEL and other arguments of `hornet build-engine`; --target sm86,sm89 and --force are given already. */
  readonly model: readonly string[];
  readonly signal: 'SIGKILL' | 'SIGINT';
  readonly rounds: number;
  readonly onRound?: (done: number) => void;
}

export interface StopResult {
  readonly rounds: number;
  /** Runs that the signal ended, by what they were doing: starting, preparing, building... */
  readonly stopped: Readonly<Record<string, number>>;
  /** Runs that were through before their signal. */
  readonly finishedEarly: number;
  /** Half engines, engines that vanished, exit codes and leftovers that must not be; looked for after every round. */
  readonly wrong: readonly string[];
  /** Of the run that was left alone in the end: 0, and `built` or `fresh`. */
  readonly final: { readonly exitCode: number | null; readonly outcome: string };
}

/**
 * Stops `hornet build-engine` at random moments of its run and looks after every round at what is left; every second
 * round has an engine to begin with, which must survive. Needs dist/ and the TensorRT-RTX libraries.
 */
export function stopWhileBuilding(options: StopOptions): Promise<StopResult>;
