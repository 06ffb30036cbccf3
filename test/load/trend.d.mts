/** A line through points. */
export interface Trend {
  /** The median of the slopes between all pairs of points, which some points far off do not move (Theil and Sen). */
  readonly slope: number;
  /** Between these lies the slope with 95 % confidence, where the points stray independently of each other. */
  readonly low: number;
  readonly high: number;
  /** By how much points stray from the line: the standard deviation of a normal distribution with their median deviation. */
  readonly spread: number;
}

/** @param points at least two */
export function trendOf(points: readonly { readonly x: number; readonly y: number }[]): Trend;
