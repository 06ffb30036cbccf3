import type { Request, Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';

/** Aborts with a HornetError as its reason when the time is up or the client has gone. */
export interface RequestDeadline {
  readonly signal: AbortSignal;
  /** From now on the request has arrived whole: being late is the server's doing (504), not the sender's (408). */
  bodyArrived(): void;
  /** Ends the timer; call it when the request is answered. */
  clear(): void;
}

/**
 * Starts the deadline of a request.
 * @param timeoutMs from now; the header X-Timeout-Ms may shorten it
 * @throws ERR_PARAMETER_INVALID when X-Timeout-Ms is not a positive number of ms
 */
export function startDeadline(request: Request, response: Response, timeoutMs: number): RequestDeadline {
  const limitMs = Math.min(timeoutMs, requestedTimeoutMs(request) ?? timeoutMs);
  const controller = new AbortController();
  let bodyArrived = false;
  const timer = setTimeout(() => {
    controller.abort(
      bodyArrived
        ? new HornetError('ERR_DEADLINE_EXCEEDED', `The answer was not ready within ${limitMs} ms.`)
        : new HornetError('ERR_REQUEST_TIMEOUT', `The request did not arrive whole within ${limitMs} ms.`),
    );
  }, limitMs);
  const onClose = (): void => {
    if (!response.writableFinished)
      controller.abort(new HornetError('ERR_CANCELLED', 'The client closed the connection.'));
  };
  response.once('close', onClose);
  return {
    signal: controller.signal,
    bodyArrived: () => {
      bodyArrived = true;
    },
    clear: () => {
      clearTimeout(timer);
      response.off('close', onClose);
    },
  };
}

function requestedTimeoutMs(request: Request): number | undefined {
  const header = request.get('X-Timeout-Ms');
  if (header === undefined) return undefined;
  const value = Number(header);
  if (Number.isFinite(value) && value > 0) return value;
  throw new HornetError(
    'ERR_PARAMETER_INVALID',
    `The header X-Timeout-Ms is "${header}"; a number of ms above 0 was expected.`,
  );
}
