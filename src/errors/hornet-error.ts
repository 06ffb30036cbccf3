import { type ErrorCode, errorRegistry } from './error-registry.js';

/** Options of {@link HornetError}. */
export interface HornetErrorOptions {
  /** The error underneath; kept for the log, never shown to clients. */
  readonly cause?: unknown;
  /** What to do, where something better than the registry's sentence is known. */
  readonly remedy?: string;
  /** Facts for machines (sizes, limits, names); sent to clients, so no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Statuses that say "not now". Of these there are thousands a second under overload, all from the same few places, and
 * capturing a stack would cost as much as all the rest of a refusal.
 */
const refusals: ReadonlySet<number> = new Set([409, 429, 503]);

/**
 * Every failure that Hornet reports: a stable `code` from the registry, a `message` that says
 * what happened, and a `remedy` that says what to do.
 */
export class HornetError extends Error {
  override readonly name = 'HornetError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: HornetErrorOptions = {}) {
    const { stackTraceLimit } = Error;
    if (refusals.has(errorRegistry[code].status)) Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.remedy = options.remedy ?? errorRegistry[code].remedy;
    this.details = options.details;
  }

  /** HTTP status of this error's code. */
  get status(): number {
    return errorRegistry[this.code].status;
  }

  /** The same failure with more said of it; this one is underneath. @param details beside those that it has */
  with({ message = this.message, details }: Pick<HornetErrorOptions, 'details'> & { message?: string }): HornetError {
    const { code, remedy } = this;
    return new HornetError(code, message, { cause: this, remedy, details: { ...this.details, ...details } });
  }
}

/** What the system says of a volume that was detached, has errors, or whose network is gone. */
const volumeFailures: ReadonlySet<unknown> = new Set(['EIO', 'ENXIO', 'ENODEV', 'ESTALE', 'EUCLEAN']);

/**
 * The error itself when it is ours; `ERR_CACHE_UNWRITABLE` where a volume fails, which may happen to whatever reads or
 * writes a file; else an `ERR_INTERNAL` around it that tells clients nothing of its insides.
 */
export function toHornetError(error: unknown): HornetError {
  if (error instanceof HornetError) return error;
  const { code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  if (volumeFailures.has(code)) {
    return new HornetError('ERR_CACHE_UNWRITABLE', `A volume fails (${code}).`, { cause: error });
  }
  return new HornetError('ERR_INTERNAL', 'An unexpected error occurred.', { cause: error });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
