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

/**
 * A Retry-After header (seconds or an HTTP date) in ms from now; undefined when absent or unreadable.
 * @param now ms since 1970
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // Date.parse alone would take a bare word with a digit for a year
  const date = /^[A-Z][a-z]{2,8},/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
