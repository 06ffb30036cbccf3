/**
 * The Hub itself answered with a status that another try would not change (401, 403, 404, ...).
 * The caller knows what was asked for, and translates it.
 */
export class HttpStatusError extends Error {
  override readonly name = 'HttpStatusError';
  readonly status: number;
  /** Without query and credentials, which may carry a signature. */
  readonly url: string;
  /** The header `x-error-code`, such as `GatedRepo`, `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`. */
  readonly errorCode: string | undefined;
  /** The header `x-error-message`. */
  readonly errorMessage: string | undefined;

  constructor(status: number, url: string, errorCode: string | undefined, errorMessage: string | undefined) {
    super(`${withoutQuery(url)} answered ${status}${errorCode === undefined ? '' : ` (${errorCode})`}`);
    this.status = status;
    this.url = withoutQuery(url);
    this.errorCode = errorCode;
    this.errorMessage = errorMessage;
  }
}

/** The URL without query, fragment and credentials: fit for messages and logs. */
export function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
