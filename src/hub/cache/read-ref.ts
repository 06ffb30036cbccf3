import { readFile } from 'node:fs/promises';
import { hasErrorCode, unlessMissing } from '../../locks/has-error-code.js';
import { isCommitHash } from './cache-names.js';
import { type RepositoryPaths, refPath } from './cache-paths.js';

/**
 * The commit that a branch or tag was at when it was last fetched, or `undefined` when it never was (or
 * its file holds something else).
 * @throws ERR_HUB_REVISION_NOT_FOUND for what cannot be a revision's name
 */
export async function readRef(paths: RepositoryPaths, revision: string): Promise<string | undefined> {
  let text: string | undefined;
  try {
    text = await unlessMissing(readFile(refPath(paths, revision), 'utf8'));
  } catch (error) {
    if (!hasErrorCode(error, 'EISDIR')) throw error; // the first half of another ref's name
  }
  const commit = text?.trim();
  return commit !== undefined && isCommitHash(commit) ? commit : undefined;
}
