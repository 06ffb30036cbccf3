/** @type {import('./trend.mjs').trendOf} */
export function trendOf(points) {
  const slopes = points.flatMap(({ x, y }, index) =>
    points.slice(index + 1).flatMap((later) => (later.x === x ? [] : [(later.y - y) / (later.x - x)])),
  );
  slopes.sort((a, b) => a - b);
  const slope = medianOf(slopes);
  const level = medianOf(points.map(({ x, y }) => y - slope * x));
  const spread = 1.4826 * medianOf(points.map(({ x, y }) => Math.abs(y - slope * x - level)));
  // How far the number of rising pairs may stray from that of falling ones where there is no trend: Kendall's statistic.
  const count = points.length;
  const strays = 1.96 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (/** @type {number} */ rank) =>
    slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  return {
    slope,
    low: at((slopes.length - strays) / 2 - 1),
    high: at((slopes.length + strays) / 2),
    spread,
  };
}

/** @param {readonly number[]} values */
function medianOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [below, above] = [sorted[middle - 1], sorted[middle]];
  if (above === undefined) return Number.NaN;
  return sorted.length % 2 === 1 || below === undefined ? above : (below + above) / 2;
}
