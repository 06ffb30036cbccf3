import type { Classification } from '../serving/model-instance.js';

/**
 * The value of the header Server-Timing: ms that the image was in each stage. `queue` is both waits for a turn: of a
 * decoder, then of the backend.
 * @see https://www.w3.org/TR/server-timing/
 */
export function serverTiming({ decode, preprocess, queue, batch, inference }: Classification['timings']): string {
  return Object.entries({ decode, preprocess, queue: queue + batch, inference })
    .map(([name, durationMs]) => `${name};dur=${durationMs.toFixed(2)}`)
    .join(', ');
}
