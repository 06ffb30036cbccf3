import { describe } from 'vitest';
import { noteSkip } from './note-skip.js';

/**
 * Skips a suite with the reason in its title and at the end of the run, or fails where the machine must have what it
 * needs.
 * @param insistedOnBy environment variable that says so with `1`
 */
export function skipSuite(title: string, reason: string, insistedOnBy?: string): void {
  if (insistedOnBy !== undefined && process.env[insistedOnBy] === '1') {
    throw new Error(`${insistedOnBy}=1, but: ${reason}`);
  }
  noteSkip(title, reason);
  describe.skip(`${title} (skipped: ${reason})`, () => {});
}
