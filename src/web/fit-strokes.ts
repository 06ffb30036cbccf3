/** A place on the canvas, pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What a pen has drawn from when it was set down until it was lifted. */
export type Stroke = readonly Point[];

/** Enlarges no further than this: a dot is to stay one. */
const mostEnlarged = 3;

/**
 * Moves and scales a drawing into the middle of a square, as the digits are that the sample model has learned from:
 * those fill about five sevenths of the picture.
 * @param size edge of the square, pixels
 * @param inner what the longer edge of the drawing is scaled to, pixels
 */
export function fitStrokes(strokes: readonly Stroke[], size: number, inner: number): Stroke[] {
  const points = strokes.flat();
  const [left, right] = extent(points.map(({ x }) => x));
  const [top, bottom] = extent(points.map(({ y }) => y));
  const scale = Math.min(inner / Math.max(right - left, bottom - top, 1), mostEnlarged);
  const place = (value: number, from: number, to: number): number => size / 2 + (value - (from + to) / 2) * scale;
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: place(x, left, right), y: place(y, top, bottom) })));
}

function extent(values: readonly number[]): [least: number, most: number] {
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [values[0] ?? 0, values[0] ?? 0],
  );
}
