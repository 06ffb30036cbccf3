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
 * Every failure that Hornet reports: a stable `code` from the registry, a `message` that says
 * what happened, and a `remedy` that says what to do.
 */
export class HornetError extends Error {
  override readonly name = 'HornetError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: HornetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy ?? errorRegistry[code].remedy;
    this.details = options.details;
  }

  /** HTTP status of this error's code. */
  get status(): number {
    return errorRegistry[this.code].status;
  }
}

/** The error itself when it is ours, else an `ERR_INTERNAL` around it that tells clients nothing of its insides. */
export function toHornetError(error: unknown): HornetError {
  if (error instanceof HornetError) return error;
  return new HornetError('ERR_INTERNAL', 'An unexpected error occurred.', { cause: error });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
