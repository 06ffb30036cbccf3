import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broken } from './fake-server.test-support.js';
import { HornetClientError } from './hornet-client-error.js';
import { backoffMs, type RetryRequest, retryDelayMs } from './retry-policy.js';

const full = new HornetClientError('ERR_QUEUE_FULL', 'Full.', { status: 429 });
const defaults: RetryRequest = {
  failures: 1,
  retries: 3,
  error: full,
  repeatable: true,
  images: 1,
  leftMs: 30_000,
  baseDelayMs: 200,
  maxDelayMs: 5000,
  random: () => 1,
};
const isRetried = (error: HornetClientError, changes: Partial<RetryRequest> = {}): boolean =>
  retryDelayMs({ ...defaults, ...changes, error }) !== undefined;
const network = (cause: unknown): HornetClientError =>
  new HornetClientError('ERR_CLIENT_NETWORK', 'Broken.', { cause });
const answered = (status: number, code: string): HornetClientError => new HornetClientError(code, 'No.', { status });

const requests = fc.record({
  failures: fc.integer({ min: 1, max: 1100 }),
  retries: fc.integer({ min: 0, max: 1100 }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: undefined }),
  leftMs: fc.double({ min: -1000, max: 100_000, noNaN: true }),
  baseDelayMs: fc.integer({ min: 0, max: 10_000 }),
  maxDelayMs: fc.integer({ min: 0, max: 100_000 }),
  random: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => () => value),
});

describe('retryDelayMs', () => {
  it('never ends after the deadline, is never shorter than asked for, and adds no more than its bounds', () => {
    fc.assert(
      fc.property(requests, ({ retryAfterMs, ...request }) => {
        const error = full.with({ retryAfterMs });
        const delayMs = retryDelayMs({ ...request, error, repeatable: true, images: 1 });
        if (delayMs === undefined) return;
        const least = retryAfterMs ?? 0;
        const most = least + Math.min(request.maxDelayMs, request.baseDelayMs * 2 ** (request.failures - 1));
        expect(request.failures).toBeLessThanOrEqual(request.retries);
        expect(delayMs).toBeGreaterThanOrEqual(least);
        expect(delayMs).toBeLessThanOrEqual(most);
        expect(delayMs).toBeLessThan(request.leftMs);
      }),
    );
  });

  it('doubles with full jitter up to the maximum', () => {
    expect([1, 2, 3, 4, 5, 6, 2000].map((failures) => backoffMs(failures, undefined, defaults, () => 1))).toEqual([
      200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
    expect(backoffMs(9, undefined, defaults, () => 0)).toBe(0);
  });

  it('gives up after so many attempts, or where the next could only begin after the deadline', () => {
    expect(isRetried(full, { failures: 3 })).toBe(true);
    expect(isRetried(full, { failures: 4 })).toBe(false);
    expect(isRetried(full, { retries: 0 })).toBe(false);
    expect(isRetried(full, { leftMs: 200 })).toBe(false);
    expect(isRetried(full.with({ retryAfterMs: 30_000 }))).toBe(false);
  });

  it.each([
    ['a full queue', full, true],
    ['a limit of a proxy', answered(429, 'ERR_CLIENT_PROTOCOL'), true],
    ['a serving that loads', answered(503, 'ERR_SERVING_LOADING'), true],
    ['a server that ends', answered(503, 'ERR_SERVING_CLOSED'), true],
    ['a body that was too slow', answered(408, 'ERR_REQUEST_TIMEOUT'), true],
    ['a proxy without a server', answered(502, 'ERR_CLIENT_PROTOCOL'), true],
    ['too little memory', answered(503, 'ERR_MEMORY_INSUFFICIENT'), false],
    ['a deadline that is over', answered(504, 'ERR_DEADLINE_EXCEEDED'), false],
    ['a picture that is none', answered(415, 'ERR_IMAGE_UNSUPPORTED'), false],
    ['a worker that died, maybe of this picture', answered(500, 'ERR_BACKEND_WORKER_LOST'), false],
    ['another server', answered(404, 'ERR_CLIENT_PROTOCOL'), false],
    ['a connection that was refused', network(broken('ECONNREFUSED')), true],
    ['a connection that broke', network(broken('ECONNRESET')), true],
    ['a failure without a reason, as browsers tell it', network(new TypeError('Failed to fetch')), true],
    ['a certificate', network(broken('CERT_HAS_EXPIRED')), false],
    ['a certificate of another host', network(broken('ERR_TLS_CERT_ALTNAME_INVALID')), false],
  ] as const)('after %s', (_what, error, expected) => {
    expect(isRetried(error)).toBe(expected);
  });

  it('does not send again what may have been carried out and must not be twice', () => {
    const once = { repeatable: false };
    expect(isRetried(network(broken('ECONNRESET')), once)).toBe(false);
    expect(isRetried(network(new TypeError('Failed to fetch')), once)).toBe(false);
    expect(isRetried(answered(502, 'ERR_CLIENT_PROTOCOL'), once)).toBe(false);
    const nobody = new AggregateError([broken('ECONNREFUSED').cause, broken('ECONNREFUSED').cause]);
    for (const cause of [
      broken('ECONNREFUSED'),
      broken('EAI_AGAIN'),
      new TypeError('fetch failed', { cause: nobody }),
    ]) {
      expect(isRetried(network(cause), once)).toBe(true);
    }
    expect(isRetried(full, once)).toBe(true);
  });

  it('does not wait for a queue that will never have room for so many images', () => {
    const error = full.with({ details: { maxQueue: 8 } });
    expect(isRetried(error, { images: 8 })).toBe(true);
    expect(isRetried(error, { images: 9 })).toBe(false);
  });
});
