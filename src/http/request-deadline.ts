import type { Request, Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import { onClose } from './on-close.js';

/** What a request is waiting for; decides whose fault it is to be late. */
export type RequestPhase = 'loading' | 'receiving' | 'working';

/** What ends a request before its answer. */
export interface DeadlineOptions {
  /** From now; the header X-Timeout-Ms may shorten it. */
  readonly timeoutMs: number;
  /** Aborts when a server that ends waits no longer, with a HornetError as its reason. */
  readonly cutOff: AbortSignal;
  /** Facts for the answer to a request that is late in the phase `loading`. */
  readonly loadingDetails?: () => Readonly<Record<string, unknown>>;
}

/** Aborts with a HornetError as its reason when the time is up, the client has gone, or the server waits no longer. */
export interface RequestDeadline {
  readonly signal: AbortSignal;
  /** From here on being late is answered 503 (loading), 408 (receiving: the sender was slow) or 504 (working). */
  enter(phase: RequestPhase): void;
  /** Allows no more than this time from its start; more than is allowed already changes nothing. */
  shorten(timeoutMs: number): void;
  /** Ends the timer; to be called when the request is answered. */
  clear(): void;
}

/**
 * Starts the deadline of a request, in the phase `loading`.
 * @throws ERR_PARAMETER_INVALID when X-Timeout-Ms is not a positive number of ms
 */
export function startDeadline(request: Request, response: Response, options: DeadlineOptions): RequestDeadline {
  const { timeoutMs, cutOff, loadingDetails = () => ({}) } = options;
  let limitMs = Math.min(timeoutMs, requestedTimeoutMs(request) ?? timeoutMs);
  const startMs = performance.now();
  const controller = new AbortController();
  let phase: RequestPhase = 'loading';
  const onLate = (): void => controller.abort(lateness(phase, limitMs, loadingDetails));
  let timer = setTimeout(onLate, limitMs);
  const onGone = (): void => {
    if (!response.writableFinished) {
      controller.abort(new HornetError('ERR_CANCELLED', 'The client closed the connection.'));
    }
  };
  const onCutOff = (): void => controller.abort(cutOff.reason);
  onClose(response, onGone);
  const requests = requestsCutOffBy(cutOff);
  if (cutOff.aborted) onCutOff();
  else requests.add(onCutOff);
  return {
    signal: controller.signal,
    enter: (next) => {
      phase = next;
    },
    shorten: (shorterMs) => {
      if (shorterMs >= limitMs) return;
      limitMs = shorterMs;
      clearTimeout(timer);
      timer = setTimeout(onLate, startMs + limitMs - performance.now());
    },
    clear: () => {
      clearTimeout(timer);
      requests.delete(onCutOff);
    },
  };
}

/** What is to be called when a signal aborts. One listener does for all requests: each of its own would cost 5 us. */
const cutOffs = new WeakMap<AbortSignal, Set<() => void>>();

function requestsCutOffBy(cutOff: AbortSignal): Set<() => void> {
  let requests = cutOffs.get(cutOff);
  if (requests === undefined) {
    const added = new Set<() => void>();
    const onAbort = (): void => {
      for (const onCutOff of added) onCutOff();
    };
    cutOff.addEventListener('abort', onAbort, { once: true });
    cutOffs.set(cutOff, added);
    requests = added;
  }
  return requests;
}

function lateness(
  phase: RequestPhase,
  limitMs: number,
  loadingDetails: () => Readonly<Record<string, unknown>>,
): HornetError {
  switch (phase) {
    case 'loading':
      return new HornetError('ERR_SERVING_LOADING', `The serving did not become ready within ${limitMs} ms.`, {
        details: loadingDetails(),
      });
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
