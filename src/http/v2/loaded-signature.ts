import type { Request, Response } from 'express';
import { HornetError } from '../../errors/hornet-error.js';
import type { ModelSignature } from '../../serving/model-signature.js';
import { loadedWithin, progressOf } from '../loaded-within.js';
import { startDeadline } from '../request-deadline.js';
import type { ServedServing } from '../served.js';
import type { V2Options } from './v2-options.js';

/**
 * What a model takes and gives; held, as an inference would be, while it is loading or is loaded for this.
 * @throws ERR_SERVING_LOADING, ERR_SERVING_UNLOADED, ERR_SERVING_CLOSED, or what makes the serving fail
 */
export async function loadedSignature(
  serving: ServedServing,
  request: Request,
  response: Response,
  { timeoutMs, loadingWaitMs, cutOff }: Pick<V2Options, 'timeoutMs' | 'loadingWaitMs' | 'cutOff'>,
): Promise<ModelSignature> {
  const deadline = startDeadline(request, response, { timeoutMs, cutOff, loadingDetails: () => progressOf(serving) });
  try {
    await loadedWithin(serving, loadingWaitMs, deadline.signal);
    return signatureOf(serving);
  } finally {
    deadline.clear();
  }
}

/** What a model takes and gives that was ready a moment ago. @throws ERR_SERVING_LOADING where it was unloaded since */
export function signatureOf(serving: ServedServing): ModelSignature {
  const { signature } = serving;
  if (signature !== null) return signature;
  const details = progressOf(serving);
  throw new HornetError('ERR_SERVING_LOADING', `Serving "${serving.name}" is not ready; it is "${details.state}".`, {
    details,
  });
}
