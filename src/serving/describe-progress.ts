import type { FetchProgress } from '../hub/fetch-progress.js';

/** A download in words: `12.3 of 97.8 MB, 8.1 MB/s, 11 s left`. */
export function describeProgress({ bytesDone, bytesTotal, bytesPerSecond, secondsLeft }: FetchProgress): string {
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`;
  return `${megabytes(bytesDone)} of ${megabytes(bytesTotal)} MB, ${megabytes(bytesPerSecond)} MB/s${left}`;
}

/** Millions of bytes with one decimal. */
function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
