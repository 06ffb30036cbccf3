import { HornetError } from '../errors/hornet-error.js';
import { abortable } from '../serving/abortable.js';
import { within } from '../timing/within.js';
import type { ServedServing } from './served.js';

/**
 * Holds a request for a serving that is still loading, or is loaded for it, for a while.
 * @throws ERR_SERVING_LOADING once it has been held for so long, what makes the serving fail, or the signal's reason
 */
export async function loadedWithin(serving: ServedServing, waitMs: number, signal: AbortSignal): Promise<void> {
  if (serving.state === 'ready') return;
  await within<unknown>(waitMs, abortable(serving.whenReady(), signal), () => {
    const details = progressOf(serving);
    const problem = `Serving "${serving.name}" is not ready yet; its state is "${details.state}".`;
    throw new HornetError('ERR_SERVING_LOADING', problem, { details });
  });
}

/** What is told of a serving that is not ready. */
export function progressOf({ status: { state, percent } }: ServedServing): { state: string; percent: number | null } {
  return { state, percent };
}
