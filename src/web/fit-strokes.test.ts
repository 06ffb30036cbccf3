import { describe, expect, it } from 'vitest';
import { fitStrokes, type Point } from './fit-strokes.js';

describe('fitStrokes', () => {
  const fitted = (...points: readonly Point[]): Point[] => fitStrokes([points], 280, 200).flat();

  it('scales the longer edge to the inner size and puts the drawing into the middle', () => {
    expect(fitted({ x: 10, y: 10 }, { x: 60, y: 110 })).toEqual([
      { x: 90, y: 40 },
      { x: 190, y: 240 },
    ]);
  });

  it('makes smaller what fills more', () => {
    expect(fitted({ x: 0, y: 140 }, { x: 280, y: 140 })).toEqual([
      { x: 40, y: 140 },
      { x: 240, y: 140 },
    ]);
  });

  it('leaves a dot a dot', () => {
    expect(fitted({ x: 3, y: 3 })).toEqual([{ x: 140, y: 140 }]);
    const [from, to] = fitted({ x: 3, y: 3 }, { x: 5, y: 3 });
    expect((to?.x ?? 0) - (from?.x ?? 0)).toBe(6);
  });

  it('keeps strokes apart and has none where there are none', () => {
    expect(fitStrokes([[{ x: 0, y: 0 }], [{ x: 100, y: 0 }]], 280, 200).map((stroke) => stroke.length)).toEqual([1, 1]);
    expect(fitStrokes([], 280, 200)).toEqual([]);
  });
});
