import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boolean, duration, formatDuration, integer } from './setting-schemas.js';

describe('duration', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h', 3_600_000],
    ['1.005s', 1005],
    [' 2 minutes ', 120_000],
    ['250', 250],
    ['0', 0],
    [250, 250],
  ])('takes %j for %i ms', (given, durationMs) => {
    expect(duration.parse(given)).toBe(durationMs);
  });

  it.each(['', 'soon', '-5m', '5 parsecs', '1h30m', '25d', '1e3', -1, 1.5, 2 ** 31, null])('refuses %j', (given) => {
    expect(duration.safeParse(given).success).toBe(false);
  });

  it('says how a time is written where it is not one', () => {
    for (const given of ['soon', '5 parsecs', null]) expect(() => duration.parse(given)).toThrowError(/90s, 15m or 1h/);
  });

  it('is shown as it may be written', () => {
    const unit = fc.constantFrom(1, 1000, 60_000, 3_600_000);
    fc.assert(
      fc.property(fc.nat(23), unit, (count, unitMs) => {
        expect(duration.parse(formatDuration(count * unitMs))).toBe(count * unitMs);
      }),
    );
  });
});

describe('integer', () => {
  it('takes whole numbers within its bounds, as numbers and as text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), (value) => {
        const accepted = value >= 10 && value <= 40;
        expect(integer(10, 40).safeParse(value).success).toBe(accepted);
        expect(integer(10, 40).safeParse(` ${value} `).success).toBe(accepted);
      }),
    );
  });

  it.each(['', '1.5', '0x10', '1e1', 1.5, true, null])('refuses %j', (given) => {
    expect(integer(0, 100).safeParse(given).success).toBe(false);
  });
});

describe('boolean', () => {
  it.each([
    [true, true],
    ['true', true],
    ['1', true],
    ['yes', true],
    [false, false],
    ['off', false],
    ['0', false],
  ])('takes %j for %j', (given, value) => {
    expect(boolean.parse(given)).toBe(value);
  });

  it.each(['', 'maybe', 1, null])('refuses %j', (given) => {
    expect(boolean.safeParse(given).success).toBe(false);
  });
});
