import { describe, expect, it } from 'vitest';
import { parseRetryAfter, retryDelay } from './retry-delay.js';

const retry = { attempts: 5, baseMs: 500, maxMs: 30_000 };

describe('retryDelay', () => {
  it('doubles with full jitter up to the maximum', () => {
    expect([0, 1, 2, 3, 20].map((failures) => retryDelay(failures, undefined, retry, () => 1))).toEqual([
      500, 500, 1000, 2000, 30_000,
    ]);
    expect(retryDelay(9, undefined, retry, () => 0)).toBe(0);
  });

  it('waits at least as long as the server asked, up to five minutes', () => {
    expect(retryDelay(1, 60_000, retry, () => 0)).toBe(60_000);
    expect(retryDelay(1, 86_400_000, retry, () => 0)).toBe(300_000);
  });
});

describe('parseRetryAfter', () => {
  it('reads seconds and HTTP dates, and nothing else', () => {
    const now = Date.UTC(2026, 10, 21, 12, 0, 0);
    expect(parseRetryAfter('120', now)).toBe(120_000);
    expect(parseRetryAfter('Sat, 21 Nov 2026 12:01:00 GMT', now)).toBe(60_000);
    expect(parseRetryAfter('Sat, 21 Nov 2026 11:00:00 GMT', now)).toBe(0);
    for (const header of [null, '', '-5', 'soon', 'in 5 minutes', 'NaN']) {
      expect(parseRetryAfter(header, now)).toBeUndefined();
    }
  });
});
