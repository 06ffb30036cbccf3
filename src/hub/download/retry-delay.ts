import type { RetryOptions } from './download-options.js';

/** The longest that a server's Retry-After is obeyed, ms: the Hub counts requests in windows of 5 minutes. */
const maxRetryAfterMs = 300_000;

/**
 * How long to wait before the next try, ms: exponential with full jitter, but never less than the server asked for.
 * @param failures tries in a row that failed without progress, 0 when the last one brought some
 */
export function retryDelay(
  failures: number,
  retryAfterMs: number | undefined,
  { baseMs, maxMs }: RetryOptions,
  random: () => number,
): number {
  const jittered = random() * Math.min(maxMs, baseMs * 2 ** Math.max(0, failures - 1));
  // The jitter is added, so that clients told the same second do not all come back in it
  return retryAfterMs === undefined ? jittered : Math.min(retryAfterMs, maxRetryAfterMs) + jittered;
}
