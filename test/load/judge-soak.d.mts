import type { Asked } from './ask.mjs';
import type { SoakKind } from './soak-kinds.mjs';
import type { Excuse } from './soak-operations.mjs';
import type { LoadRecord } from './start-load.mjs';

/** Counts what has become of requests: those answered by status, the others by outcome. */
export class Tally {
  readonly kinds: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Of all kinds together. */
  readonly counts: Readonly<Record<string, number>>;
  readonly requests: number;
  add(records: readonly LoadRecord[]): void;
}

/** Requests that got no whole answer, or one that does not fit their kind or what was being done to their serving. */
export function problemsOf(
  records: readonly LoadRecord[],
  kinds: readonly SoakKind[],
  excuses: readonly Excuse[],
): string[];

/**
 * What the server has counted of requests by POST beside what its clients have seen: of those who left it may have
 * answered some.
 * @param counts by kind, as a {@link Tally} has them
 * @param asked requests by POST besides
 */
export function miscounted(
  url: string,
  kinds: readonly SoakKind[],
  counts: Readonly<Record<string, Readonly<Record<string, number>>>>,
  asked: readonly Asked[],
): Promise<string[]>;

/** Warnings and errors that nothing was done for, and what was printed and is no log line. */
export function logProblems(log: readonly Readonly<Record<string, unknown>>[]): string[];
