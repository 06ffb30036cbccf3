import { appendFileSync } from 'node:fs';

/** Names the file that skip-reporter.ts reads at the end of a run. */
export const skipNotesVariable = 'SKIP_NOTES_FILE';

/** What is not tested here, and why. */
export interface SkipNote {
  readonly what: string;
  readonly reason: string;
}

/**
 * Says why tests do not run here. A run prints what was said at its end, where it is read; what is skipped in silence
 * looks as if it had passed.
 */
export function noteSkip(what: string, reason: string): void {
  const note: SkipNote = { what, reason };
  const file = process.env[skipNotesVariable];
  if (file === undefined) process.stderr.write(`Skipped: ${what}. ${reason}\n`);
  else appendFileSync(file, `${JSON.stringify(note)}\n`);
}

/** Whether a condition holds; where it does not, the reason is noted. For `it.runIf` and `describe.runIf`. */
export function isMet(condition: boolean, what: string, reason: string): boolean {
  if (!condition) noteSkip(what, reason);
  return condition;
}
