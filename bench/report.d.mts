/** For parseArgs: `--record`. */
export const reportOptions: { readonly record: { readonly type: 'boolean'; readonly default: false } };

/** The middle, or the mean of both in the middle; NaN of nothing. */
export function median(values: readonly number[]): number;

/** The smallest value that at least this share of all (0 to 1) do not exceed; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number;

/** The sides in the order of this round: each is first in its turn. */
export function inTurns<Side>(sides: readonly Side[], round: number): Side[];

/** Processor, cores, memory, platform. */
export function machineName(): string;

/** Version of an installed package. */
export function versionOf(name: string): string;

export interface Limit {
  readonly name: string;
  readonly value: number;
  /** One of both. */
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Appended to numbers as it is, such as ' ms'; nothing unless given. */
  readonly unit?: string;
  /** Of the numbers shown, 3 unless given. */
  readonly digits?: number;
  /** Why the number says nothing. */
  readonly unless?: string;
}

export type Verdict = 'met' | 'missed' | 'not judged';

/** NaN misses every limit. */
export function judge(limit: Limit): Verdict;

/** What a report begins with. */
export interface ReportHead {
  readonly title: string;
  readonly command: string;
  /** ISO 8601. */
  readonly date: string;
  readonly machine: string;
  readonly versions: string;
  /** What was asked of whom, in a few words. */
  readonly conditions: string;
  readonly rounds: number;
}

/** Each is a cell; '' where there is none. */
export interface ReportRow {
  readonly name: string;
  readonly measured: string;
  readonly limit: string;
  readonly verdict: string;
}

/** The section that --record appends to docs/benchmarks.md. */
export function renderRecord(head: ReportHead, rows: readonly ReportRow[]): string;

/** What a benchmark prints, judges and records. Three lines of head are printed when it is made. */
export class Report {
  readonly head: ReportHead;
  constructor(options: {
    /** Heading of the record. */
    readonly title: string;
    /** Installed packages whose versions matter. */
    readonly packages?: readonly string[];
    readonly rounds: number;
    readonly conditions: string;
    /** Whether finish() appends to docs/benchmarks.md, false unless given. */
    readonly record?: boolean;
  });
  /** Prints only. */
  line(text: string): void;
  /** Prints and records, and judges nothing. */
  fact(name: string, text: string): void;
  /** Prints, records and judges. */
  limit(limit: Limit): void;
  /** Records, and sets the exit code: 1 where a limit was missed, else 2 where one could not be judged. */
  finish(): void;
}
