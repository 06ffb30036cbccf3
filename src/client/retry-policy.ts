import type { HornetClientError } from './hornet-client-error.js';

/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Of the first wait at most, ms; each further one may be twice as long. */
  readonly baseDelayMs: number;
  /** Of any wait at most, ms, but for what the server asks for. */
  readonly maxDelayMs: number;
}

/** What a retry is decided by. */
export interface RetryRequest extends BackoffOptions {
  /** Attempts that have failed. */
  readonly failures: number;
  readonly retries: number;
  readonly error: HornetClientError;
  /** Whether a request that may have been carried out already may be sent again. */
  readonly repeatable: boolean;
  /** In the request. */
  readonly images: number;
  /** Until the deadline, ms. */
  readonly leftMs: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * How long to wait before the next attempt, ms; undefined: there is none, because it would not help, would not be safe,
 * or could only begin after the deadline.
 */
export function retryDelayMs(request: RetryRequest): number | undefined {
  const { failures, retries, error, leftMs, random } = request;
  if (failures > retries || !isWorthRetrying(request)) return undefined;
  const delayMs = backoffMs(failures, error.retryAfterMs, request, random);
  return delayMs < leftMs ? delayMs : undefined;
}

/**
 * Exponential with full jitter. What the server asks for is waited in full and the jitter added, so that clients told
 * the same second do not all come back in it.
 * @param failures 1 or more
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  failures: number,
  retryAfterMs: number | undefined,
  { baseDelayMs, maxDelayMs }: BackoffOptions,
  random: () => number,
): number {
  const jittered = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (failures - 1));
  return (retryAfterMs ?? 0) + jittered;
}

/** Codes of 503 that pass: the serving comes, or another instance takes the place of this one. */
const passingCodes: ReadonlySet<string> = new Set(['ERR_SERVING_LOADING', 'ERR_SERVING_CLOSED']);

/** Of proxies whose server is not there for a moment. */
const proxyStatuses: ReadonlySet<number | undefined> = new Set([502, 503]);

/** A connection that never came about: nothing can have been carried out. */
const unconnectedCodes = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** Of certificates and the like, which no further attempt makes better. */
const lastingCodes = /CERT|TLS|SSL/;

function isWorthRetrying({ error, repeatable, images }: RetryRequest): boolean {
  const { code, status, details } = error;
  if (code === 'ERR_CLIENT_NETWORK') {
    const reason = networkCode(error.cause);
    return !lastingCodes.test(reason) && (repeatable || unconnectedCodes.test(reason));
  }
  // More images than the queue takes when it is empty.
  if (code === 'ERR_QUEUE_FULL') return !(images > Number(details.maxQueue));
  if (status === 429) return true;
  if (code === 'ERR_REQUEST_TIMEOUT') return repeatable;
  if (code === 'ERR_CLIENT_PROTOCOL') return repeatable && proxyStatuses.has(status);
  return passingCodes.has(code);
}

/** The code that the system or the HTTP client gave; empty in browsers, which tell none. */
function networkCode(cause: unknown): string {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    // Several addresses were tried.
    if ('errors' in error && Array.isArray(error.errors)) return networkCode(error.errors[0]);
  }
  return '';
}
