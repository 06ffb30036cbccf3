import type { Classification } from '../serving/model-instance.js';

/**
 * The value of the header Server-Timing: ms that the image was in each stage. `queue` is both waits for a turn: of a
 * decoder, then of the backend. Of several images, which are worked on at the same time, the longest in each stage: their
 * sum would be more than the request took.
 * @see https://www.w3.org/TR/server-timing/
 */
export function serverTiming(timings: readonly Classification['timings'][]): string {
  let [decodeMs, preprocessMs, queueMs, inferenceMs] = [0, 0, 0, 0];
  for (const { decode, preprocess, queue, batch, inference } of timings) {
    decodeMs = Math.max(decodeMs, decode);
    preprocessMs = Math.max(preprocessMs, preprocess);
    queueMs = Math.max(queueMs, queue + batch);
    inferenceMs = Math.max(inferenceMs, inference);
  }
  // No loop over names: this is on the way of every image.
  return (
    `decode;dur=${rounded(decodeMs)}, preprocess;dur=${rounded(preprocessMs)}, ` +
    `queue;dur=${rounded(queueMs)}, inference;dur=${rounded(inferenceMs)}`
  );
}

/** To hundredths of a ms; ten times as fast as toFixed. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100;
}
