/** How a file is cut into ranges: all of `rangeBytes`, the last one of what is left. */
export interface RangeLayout {
  /** Bytes of the file. */
  readonly size: number;
  readonly rangeBytes: number;
  /** Ranges; 0 for an empty file. */
  readonly count: number;
}

/** A file smaller than two ranges is one range, so that it costs one request. */
export function planRanges(size: number, rangeBytes: number): RangeLayout {
  if (size < 2 * rangeBytes) return { size, rangeBytes: Math.max(1, size), count: size === 0 ? 0 : 1 };
  return { size, rangeBytes, count: Math.ceil(size / rangeBytes) };
}

/** First byte of a range. */
export function rangeStart(layout: RangeLayout, index: number): number {
  return index * layout.rangeBytes;
}

/** Bytes of a range. */
export function rangeLength(layout: RangeLayout, index: number): number {
  return Math.min(layout.rangeBytes, layout.size - index * layout.rangeBytes);
}

/** The range that a byte of the file lies in. */
export function rangeAt(layout: RangeLayout, position: number): number {
  return Math.floor(position / layout.rangeBytes);
}
