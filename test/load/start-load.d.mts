/** One kind of request in a mix. */
export interface RequestKind {
  readonly name: string;
  /** How often it is chosen beside the others, 1 unless given. */
  readonly weight?: number;
  readonly path: string;
  /** POST where there are pictures, else GET, unless given. */
  readonly method?: string;
  /** Files, of which one is the body. */
  readonly pictures?: readonly string[];
  /** Sent besides those that the body needs. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The first label of a right answer, by file, of several images with commas between; others go unchecked. */
  readonly labels?: Readonly<Record<string, string>>;
  /** X-Timeout-Ms. */
  readonly timeoutMs?: number;
  /**
   * What a 200 is: json, unless given; text, which goes unread but may not be empty; events, a stream, which the client
   * leaves within `leaveWithinMs` after the first bytes of it have come, and which is cut where the server ends it.
   */
  readonly answer?: 'json' | 'text' | 'events';
  /** The client closes its connection at a random time up to this, unless it was answered before. */
  readonly leaveWithinMs?: number;
  /** The client waits until the server asks for the body, and sends the second half of it this much after the first. */
  readonly pauseMs?: number;
}

export interface LoadPlan {
  readonly url: string;
  /**
   * open: at this rate whatever the answers do; closed: so many connections, each sends when it was answered, or
   * where it heeds that, as long after it as Retry-After says; burst: so
   * many requests at once, whatever the duration.
   */
  readonly loop:
    | { readonly kind: 'open'; readonly ratePerSecond: number }
    | { readonly kind: 'closed'; readonly connections: number; readonly heedsRetryAfter?: boolean }
    | { readonly kind: 'burst'; readonly requests: number };
  readonly durationMs: number;
  readonly mix: readonly RequestKind[];
  /** Repeats what is chosen at random, 1 unless given. */
  readonly seed?: number;
  /** Whether the result has every request, false unless given. */
  readonly keepRecords?: boolean;
}

/** Times are of a clock that all processes of the machine share, ms. */
export interface LoadRecord {
  kind: string;
  /**
   * answered: a whole answer; cut: it had begun; failed: the connection broke before an answer; refused: nobody listened;
   * left: the client went away as planned.
   */
  outcome: 'answered' | 'cut' | 'failed' | 'refused' | 'left';
  startedMs: number;
  /** When the server asked for the body; null: it was not waited for, or never came. */
  continuedMs: number | null;
  /** When the last byte was handed to the system; null: never. */
  sentMs: number | null;
  endedMs: number;
  status: number | null;
  /** Of an answer that is an error. */
  code: string | null;
  /** Of the serving, where an error tells it. */
  state: string | null;
  /** First label of an answer that is none, of several images with commas between. */
  label: string | null;
  /** The answer is not what it should be, or has another label than the picture. */
  wrong: boolean;
  retryAfter: string | null;
  connection: string | null;
  /** Where it failed: whether another request had been answered on the connection. */
  reused: boolean;
  error: string | null;
}

export interface LatencySummary {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LoadCounts {
  readonly requests: number;
  readonly outcomes: Readonly<Partial<Record<LoadRecord['outcome'], number>>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly wrong: number;
  /** Answers 200 while requests were being sent, counted from the first of them. */
  readonly acceptedPerSecond: number;
  /** By status. */
  readonly latency: Readonly<Record<string, LatencySummary>>;
}

export interface LoadSummary extends LoadCounts {
  readonly startedMs: number;
  readonly windowMs: number;
  readonly kinds: Record<string, LoadCounts>;
}

export interface LoadResult extends LoadSummary {
  /** What the generator itself has taken of all processors of the machine, 0 to 1. */
  readonly cpuShare: number;
  /** In the order of their ends; empty unless the plan keeps them. */
  readonly records: readonly LoadRecord[];
}

export interface RunningLoad {
  /** Resolves at the first answer. */
  readonly answering: Promise<void>;
  readonly done: Promise<LoadResult>;
  /** Sends no more requests; resolves when those sent are over. */
  stop(): Promise<LoadResult>;
}

/** Generates load in a process of its own. */
export function startLoad(plan: LoadPlan): RunningLoad;

/** Generates load in a process of its own until the plan is over. */
export function runLoad(plan: LoadPlan): Promise<LoadResult>;
