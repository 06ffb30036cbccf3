import { describe, expect, it } from 'vitest';
import { retryDelay } from './retry-delay.js';

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
