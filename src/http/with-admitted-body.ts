import type { Request, Response } from 'express';
import type { Reservation } from '../serving/admission.js';
import type { Clock } from '../serving/clock.js';
import { admitBody } from './body/admit-body.js';
import { imageLimits } from './body/body-limits.js';
import { readBody } from './body/read-body.js';
import { loadedWithin, progressOf } from './loaded-within.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import type { ServedServing } from './served.js';

/** Limits of the routes that take images, ms and bytes. */
export interface AdmittedBodyOptions {
  readonly timeoutMs: number;
  readonly loadingWaitMs: number;
  readonly maxBodyBytes: number;
  /** Longest time without a byte of a body. */
  readonly bodyIdleMs: number;
  /** Of senders; default that of this machine. */
  readonly clock?: Clock;
  /** Aborts when a server that ends waits no longer. */
  readonly cutOff: AbortSignal;
}

/** A request whose body has come, with its place in the serving. */
export interface AdmittedBody {
  readonly body: Buffer;
  readonly reservation: Reservation;
  readonly deadline: RequestDeadline;
}

/**
 * Admits a request to a serving, waits until that is loaded, reads the body, and has it worked on within the deadline.
 * Whatever can be refused is refused before the body is read; the place is given back in any case.
 * @throws what `admitBody`, `startDeadline`, `loadedWithin`, `readBody` and the work throw
 */
export async function withAdmittedBody(
  serving: ServedServing,
  request: Request,
  response: Response,
  { timeoutMs, loadingWaitMs, maxBodyBytes, bodyIdleMs: idleMs, clock, cutOff }: AdmittedBodyOptions,
  work: (admitted: AdmittedBody) => Promise<void>,
): Promise<void> {
  const limits = imageLimits(maxBodyBytes);
  const reservation = admitBody(serving, request, limits);
  let deadline: RequestDeadline | undefined;
  try {
    deadline = startDeadline(request, response, { timeoutMs, cutOff, loadingDetails: () => progressOf(serving) });
    const { signal } = deadline;
    await loadedWithin(serving, loadingWaitMs, signal);
    deadline.enter('receiving');
    const onBytes = (bytes: number): void => reservation.setBytes(bytes);
    const body = await readBody(request, response, { limits, idleMs, clock, signal, onBytes });
    deadline.enter('working');
    await work({ body, reservation, deadline });
  } finally {
    reservation.release();
    deadline?.clear();
  }
}
