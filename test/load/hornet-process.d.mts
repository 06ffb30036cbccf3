/** A serving as GET /models/NAME gives it, as far as these checks look at it. */
export interface ServingReport {
  readonly name: string;
  readonly state: string;
  readonly percent: number | null;
  readonly message: string | null;
  readonly backend: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string } | null;
}

/** A running `hornet serve`. */
export interface HornetProcess {
  readonly url: string;
  readonly pid: number;
  /** Log lines so far. Lines that are no JSON have the event `text`. */
  readonly log: readonly Record<string, unknown>[];
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string | null>;
  /** Log lines so far that have this event. */
  events(event: string): Record<string, unknown>[];
  /** The next log line with this event. */
  next(event: string): Promise<Record<string, unknown>>;
  /** The first log line with this event, whether it was there before or not. */
  logged(event: string): Promise<Record<string, unknown>>;
  status(name: string): Promise<ServingReport>;
  /** The same by GET /status, and in how many ms a failed one is tried again. */
  report(name: string): Promise<(ServingReport & { readonly retryInMs: number | null }) | undefined>;
  /** Polls until the status is as wanted. */
  until(name: string, isReached: (status: ServingReport) => boolean): Promise<ServingReport>;
  stop(signal?: NodeJS.Signals): Promise<number | string | null>;
}

/** Starts the built `hornet serve ARGS`, on the CPU unless told otherwise, on a free port; resolves when it listens. */
export function startServer(options?: {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself. */
  readonly nodeArgs?: readonly string[];
}): Promise<HornetProcess>;
