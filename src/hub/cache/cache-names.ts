import { HornetError } from '../../errors/hornet-error.js';

/** The name of a commit: 40 lower-case hexadecimal digits. */
export function isCommitHash(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/**
 * Refuses what cannot be the name of a repository: `NAME` or `ORG/NAME` of letters, digits, "_", "-"
 * and ".", without "--", ".." or a leading "." or "-" (the rules of the Hub; "--" separates the parts
 * in the name of the cache's folder).
 * @throws ERR_HUB_REPOSITORY_NOT_FOUND
 */
export function assertRepositoryName(repository: string): void {
  const segments = repository.split('/');
  const valid =
    segments.length <= 2 &&
    segments.every((segment) => /^[A-Za-z0-9_][\w.-]{0,95}$/.test(segment) && !/--|\.\./.test(segment));
  if (!valid) {
    const message = `"${printable(repository)}" cannot be the name of a Hub repository.`;
    throw new HornetError('ERR_HUB_REPOSITORY_NOT_FOUND', message);
  }
}

/**
 * Refuses what cannot be a branch, tag or commit.
 * @throws ERR_HUB_REVISION_NOT_FOUND
 */
export function assertRevision(revision: string): void {
  if (isSafePath(revision) && !/[\s~^:?*[]/.test(revision)) return;
  throw new HornetError('ERR_HUB_REVISION_NOT_FOUND', `"${printable(revision)}" cannot be the name of a revision.`);
}

/**
 * Refuses a commit that is not 40 hexadecimal digits; it becomes the name of a folder.
 * @throws ERR_HUB_REVISION_NOT_FOUND
 */
export function assertCommit(commit: string): void {
  if (isCommitHash(commit)) return;
  throw new HornetError('ERR_HUB_REVISION_NOT_FOUND', `"${printable(commit)}" is not the name of a commit.`);
}

/**
 * Refuses a path in a repository that would lead anywhere but to a file below the snapshot's folder:
 * absolute, with empty, "." or ".." segments, backslashes or control characters.
 * @throws ERR_HUB_FILE_NOT_FOUND
 */
export function assertFilePath(path: string): void {
  if (isSafePath(path)) return;
  throw new HornetError('ERR_HUB_FILE_NOT_FOUND', `"${printable(path)}" is not a path that a cache can hold.`);
}

/**
 * Refuses an ETag that cannot be the name of a blob. Those of the Hub are a sha256 (64 hexadecimal
 * digits) or a git blob sha1 (40); a mirror may send others.
 * @throws ERR_HUB_FILE_NOT_FOUND
 */
export function assertEtag(etag: string): void {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(etag) && !/\.(?:incomplete|ranges)$/.test(etag)) return;
  throw new HornetError('ERR_HUB_FILE_NOT_FOUND', `The Hub named a file "${printable(etag)}", which no blob can be.`);
}

function isSafePath(path: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (path.length === 0 || path.length > 1_000 || /[\u0000-\u001f\u007f\\]/.test(path)) return false;
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?');
}
