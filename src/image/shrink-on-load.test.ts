import { describe, expect, it } from 'vitest';
import { resizedSize } from './preprocess-plan.js';
import { shrunkSize } from './shrink-on-load.js';

describe('shrunkSize', () => {
  it('leaves pictures alone whose shorter side is less than 6 times the edge', () => {
    expect(shrunkSize(4000, 1535, 256)).toBeNull();
    expect(shrunkSize(4000, 1536, 256)).toEqual({ width: 1333, height: 512 });
  });

  it('keeps the shorter side at twice the edge or more, and the size that resizing to the edge gives', () => {
    for (const edge of [224, 256]) {
      for (let short = 6 * edge; short < 12000; short += 97) {
        for (const long of [short, short + 1, Math.round(short * 1.5), Math.round((short * 16) / 9)]) {
          const size = shrunkSize(long, short, edge);
          if (size === null) throw new Error(`${long} x ${short} is not shrunk`);
          expect(size.height).toBeGreaterThanOrEqual(2 * edge);
          const rule = { kind: 'shortest-edge', edge } as const;
          expect(resizedSize(size, rule)).toEqual(resizedSize({ width: long, height: short }, rule));
          expect(shrunkSize(short, long, edge)).toEqual({ width: size.height, height: size.width });
        }
      }
    }
  });
});
