const wholePercent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const finePercent = new Intl.NumberFormat('en', {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const plainNumber = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** A score in words: `97.3%`; as it is where it is no probability. */
export function formatScore(score: number): string {
  if (score < 0 || score > 1) return plainNumber.format(score);
  if (score > 0 && score < 0.001) return '<0.1%';
  return score > 0.999 && score < 1 ? '>99.9%' : finePercent.format(score);
}

/** Progress in words: `45%`. */
export function formatPercent(percent: number): string {
  return wholePercent.format(Math.floor(percent) / 100);
}

/** A size: `812 bytes`, `3.2 kB`, `14 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [value, unit] = bytes < 1e6 ? [bytes / 1e3, 'kB'] : bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** A time: `0.42 ms`, `38 ms`, `1.7 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
