import { expect, it } from 'vitest';
import { trendOf } from './trend.mjs';

/** Between -0.5 and 0.5, and the same each time. */
const noiseAt = (x: number) => ((x * 7919 + 13) % 97) / 96 - 0.5;
const line = (slope: number, noise: number, count = 40) =>
  Array.from({ length: count }, (_, x) => ({ x, y: 100 + slope * x + noise * noiseAt(x) }));

it('finds the slope of a line exactly where nothing strays', () => {
  expect(trendOf(line(3, 0))).toMatchObject({ slope: 3, low: 3, high: 3 });
});

it('is not moved by some points far off', () => {
  const points = line(2, 0.1).map((point, index) => (index % 8 === 3 ? { ...point, y: 10_000 } : point));
  expect(trendOf(points).slope).toBeCloseTo(2, 1);
});

it('tells a slope from noise', () => {
  const flat = trendOf(line(0, 10));
  expect(flat.low).toBeLessThan(0);
  expect(flat.high).toBeGreaterThan(0);
  const rising = trendOf(line(1, 10));
  expect(rising.low).toBeGreaterThan(0.8);
  expect(rising.high).toBeLessThan(1.2);
  expect(rising.spread).toBeGreaterThan(1);
  expect(rising.spread).toBeLessThan(6);
});
