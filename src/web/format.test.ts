import { describe, expect, it } from 'vitest';
import { formatBytes, formatMs, formatPercent, formatScore } from './format.js';

describe('what the page writes numbers as', () => {
  it.each([
    [0, '0.0%'],
    [0.00002, '<0.1%'],
    [0.973, '97.3%'],
    [0.99999, '>99.9%'],
    [1, '100.0%'],
    [7.214, '7.21'],
    [-0.5, '-0.5'],
  ])('score %d is %s', (score, text) => expect(formatScore(score)).toBe(text));

  it.each([
    [0, '0%'],
    [99.9, '99%'],
    [100, '100%'],
  ])('progress %d is %s: nothing is done before it is', (percent, text) => expect(formatPercent(percent)).toBe(text));

  it.each([
    [812, '812 bytes'],
    [3200, '3.2 kB'],
    [14_200_000, '14 MB'],
    [2e9, '2.0 GB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0.416, '0.42 ms'],
    [4.16, '4.2 ms'],
    [38.4, '38 ms'],
    [1740, '1.7 s'],
  ])('%d ms are %s', (ms, text) => expect(formatMs(ms)).toBe(text));
});
