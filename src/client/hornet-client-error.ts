/** Codes of what goes wrong on the client's side. Those of the server are listed in docs/errors.md. */
export type ClientErrorCode =
  /** The client was called with something that it does not take. */
  | 'ERR_CLIENT_ARGUMENT'
  /** An image could not be read: a file, a stream, or a URL that is not the server's. */
  | 'ERR_CLIENT_IMAGE'
  /** The server could not be reached, or the connection broke before the answer was whole. */
  | 'ERR_CLIENT_NETWORK'
  /** The time that the caller gave was over; `cause` is what an attempt before had failed with, if there was one. */
  | 'ERR_CLIENT_TIMEOUT'
  /** A signal of the caller aborted; `cause` is its reason. */
  | 'ERR_CLIENT_ABORTED'
  /** The answer is none of Hornet's: another server, or a proxy in between. */
  | 'ERR_CLIENT_PROTOCOL';

/** What is known of a failure. */
export interface HornetClientErrorOptions {
  readonly status?: number | undefined;
  readonly remedy?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly requestId?: string | undefined;
  readonly attempts?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** Every failure of a {@link HornetClient}. */
export class HornetClientError extends Error {
  override readonly name = 'HornetClientError';
  /** One of {@link ClientErrorCode}, or the server's, such as `ERR_QUEUE_FULL`. */
  readonly code: string;
  /** HTTP status of the last answer; undefined where there was none. */
  readonly status: number | undefined;
  /** What to do about it, as the server or the client knows it. */
  readonly remedy: string | undefined;
  /** Facts for machines, as the server gave them. `index`: which of several images it was, from 0 among all given. */
  readonly details: Readonly<Record<string, unknown>>;
  /** X-Request-Id of the last answer, by which the server's log can be searched. */
  readonly requestId: string | undefined;
  /** How often it was tried; 0 where nothing was sent. */
  readonly attempts: number;
  /** When the server wants to be asked again, ms from its answer. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ClientErrorCode | (string & {}), message: string, options: HornetClientErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
    this.requestId = options.requestId;
    this.attempts = options.attempts ?? 0;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The same failure with some of what is known of it changed. */
  with(changes: HornetClientErrorOptions): HornetClientError {
    return new HornetClientError(this.code, this.message, { ...this, cause: this.cause, ...changes });
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a fetch failed. "fetch failed" alone, as Node says it, tells nobody anything. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const detail = cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : '') : '';
  return detail === '' ? messageOf(error) : `${messageOf(error)} (${detail})`;
}
