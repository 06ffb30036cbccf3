import type { Request, Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';

/** What a request is waiting for; decides whose fault it is to be late. */
export type RequestPhase = 'loading' | 'receiving' | 'working';

/** Aborts with a HornetError as its reason when the time is up or the client has gone. */
export interface RequestDeadline {
  readonly signal: AbortSignal;
  /** From here on being late is answered 503 (loading), 408 (receiving: the sender was slow) or 504 (working). */
  enter(phase: RequestPhase): void;
  /** Ends the timer; to be called when the request is answered. */
  clear(): void;
}

/**
 * Starts the deadline of a request, in the phase `loading`.
 * @param timeoutMs from now; the header X-Timeout-Ms may shorten it
 * @throws ERR_PARAMETER_INVALID when X-Timeout-Ms is not a positive number of ms
 */
export function startDeadline(request: Request, response: Response, timeoutMs: number): RequestDeadline {
  const limitMs = Math.min(timeoutMs, requestedTimeoutMs(request) ?? timeoutMs);
  const controller = new AbortController();
  let phase: RequestPhase = 'loading';
  const timer = setTimeout(() => controller.abort(lateness(phase, limitMs)), limitMs);
  const onClose = (): void => {
    if (!response.writableFinished) {
      controller.abort(new HornetError('ERR_CANCELLED', 'The client closed the connection.'));
    }
  };
  response.once('close', onClose);
  return {
    signal: controller.signal,
    enter: (next) => {
      phase = next;
    },
    clear: () => {
      clearTimeout(timer);
      response.off('close', onClose);
    },
  };
}

function lateness(phase: RequestPhase, limitMs: number): HornetError {
  switch (phase) {
    case 'loading':
      return new HornetError('ERR_SERVING_LOADING', `The serving did not become ready within ${limitMs} ms.`);
    case 'receiving':
      return new HornetError('ERR_REQUEST_TIMEOUT', `The request did not arrive whole within ${limitMs} ms.`);
    case 'working':
      return new HornetError('ERR_DEADLINE_EXCEEDED', `The answer was not ready within ${limitMs} ms.`);
  }
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
