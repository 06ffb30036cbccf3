import { expect, it } from 'vitest';
import { parseRetryAfter } from './retry-after.js';

it('reads Retry-After as seconds and as an HTTP date, and nothing else', () => {
  const now = Date.UTC(2026, 10, 21, 12, 0, 0);
  expect(parseRetryAfter('120', now)).toBe(120_000);
  expect(parseRetryAfter(' 0 ', now)).toBe(0);
  expect(parseRetryAfter('0.5', now)).toBe(500);
  expect(parseRetryAfter('Sat, 21 Nov 2026 12:01:00 GMT', now)).toBe(60_000);
  expect(parseRetryAfter('Sat, 21 Nov 2026 11:00:00 GMT', now)).toBe(0);
  for (const header of [null, '', '-5', 'soon', 'in 5 minutes', 'NaN']) {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  }
});
