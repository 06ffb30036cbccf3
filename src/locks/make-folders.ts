import { mkdir } from 'node:fs/promises';
import { hasErrorCode } from './has-error-code.js';

/** Others may clear folders away in between; not for ever. */
const mostTries = 100;

/**
 * As `mkdir` of Node with `recursive`, but says why it cannot: of a file system that is read-only, Node says there
 * ENOENT as if something were missing.
 * @returns the first folder that was made; undefined where all were there
 */
export async function makeFolders(folder: string): Promise<string | undefined> {
  let first: string | undefined;
  for (let tries = 1; ; tries++) {
    try {
      const made = await mkdir(folder, { recursive: true });
      return first ?? made;
    } catch (error) {
      const missing = error instanceof Error && 'path' in error ? String(error.path) : folder;
      if (!hasErrorCode(error, 'ENOENT') || tries >= mostTries) throw error;
      try {
        await mkdir(missing);
        first ??= missing;
      } catch (reason) {
        if (!hasErrorCode(reason, 'EEXIST', 'ENOENT')) throw reason;
      }
    }
  }
}
