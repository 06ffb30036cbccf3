import type { Request, Response } from 'express';
import type { z } from 'zod';
import { HornetError } from '../../errors/hornet-error.js';
import type { Clock } from '../../serving/clock.js';
import { checkJson } from '../check-parameters.js';
import { startDeadline } from '../request-deadline.js';
import type { BodyLimits } from './body-limits.js';
import { readBody } from './read-body.js';

/** How long {@link readJson} waits. */
export interface ReadJsonOptions {
  readonly timeoutMs: number;
  /** Longest time without a byte of the body. */
  readonly bodyIdleMs: number;
  /** Of senders; default that of this machine. */
  readonly clock?: Clock | undefined;
  /** Aborts when the body is waited for no longer, with a HornetError as its reason. */
  readonly cutOff: AbortSignal;
}

const maxBytes = 64 * 1024;
const limits: BodyLimits = {
  maxBytes,
  tooLarge: (found) =>
    new HornetError('ERR_REQUEST_INVALID', `The body has ${found}; at most ${maxBytes} are accepted here.`),
};

/**
 * Reads a body of at most 64 KiB that is a JSON object, whatever the Content-Type says; an empty one is an empty object.
 * @throws ERR_REQUEST_INVALID, ERR_PARAMETER_INVALID naming every field that is not allowed, ERR_REQUEST_TIMEOUT, and what
 *   `readBody` throws
 */
export async function readJson<T>(
  schema: z.ZodType<T>,
  request: Request,
  response: Response,
  { timeoutMs, bodyIdleMs: idleMs, clock, cutOff }: ReadJsonOptions,
): Promise<T> {
  const deadline = startDeadline(request, response, { timeoutMs, cutOff });
  try {
    deadline.enter('receiving');
    return checkJson(schema, await readBody(request, response, { limits, idleMs, clock, signal: deadline.signal }));
  } finally {
    deadline.clear();
  }
}
