import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { HornetError } from '../errors/hornet-error.js';
import { abortable } from '../serving/abortable.js';
import { checkQuery } from './check-parameters.js';
import { announcedBytes, imageLimits, readBody } from './read-body.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import type { ServedServing } from './served.js';
import { serverTiming } from './server-timing.js';

/** Limits of the classify route, ms and bytes. */
export interface ClassifyRouteOptions {
  readonly timeoutMs: number;
  readonly loadingWaitMs: number;
  readonly maxBodyBytes: number;
  /** Aborts when a server that ends waits no longer. */
  readonly cutOff: AbortSignal;
}

const parametersSchema = z.object({
  top_k: z.coerce.number().int().min(1).max(100_000).optional(),
  function_to_apply: z.enum(['softmax', 'sigmoid', 'none']).optional(),
});

/**
 * POST: the bytes of one image, whatever the Content-Type says, to `[{label, score}]`, best first.
 * Query: `top_k`, `function_to_apply`. Whatever can be refused is refused before the body is read.
 */
export function classifyRoute(
  servingOf: (request: Request) => ServedServing,
  options: ClassifyRouteOptions,
): RequestHandler {
  const limits = imageLimits(options.maxBodyBytes);
  return async (request, response) => {
    const serving = servingOf(request);
    const parameters = checkQuery(parametersSchema, request);
    const reservation = serving.reserve({ images: 1, bytes: announcedBytes(request, limits) ?? 0 });
    let deadline: RequestDeadline | undefined;
    try {
      const { timeoutMs, cutOff } = options;
      deadline = startDeadline(request, response, { timeoutMs, cutOff, loadingDetails: () => progressOf(serving) });
      const { signal } = deadline;
      await loadedWithin(serving, options.loadingWaitMs, signal);
      deadline.enter('receiving');
      // Of a body in chunks nobody knows how long it will be: it takes its room as it comes.
      const body = await readBody(request, response, limits, signal, (bytes) => reservation.setBytes(bytes));
      deadline.enter('working');
      const result = await serving.classify(
        body,
        {
          signal,
          ...(parameters.top_k === undefined ? {} : { topK: parameters.top_k }),
          ...(parameters.function_to_apply === undefined ? {} : { functionToApply: parameters.function_to_apply }),
        },
        reservation,
      );
      response.set('Server-Timing', serverTiming(result.timings));
      response.json(result.labels);
    } finally {
      reservation.release();
      deadline?.clear();
    }
  };
}

/** Holds a request for a serving that is still loading, or is loaded for it, for a while. */
async function loadedWithin(serving: ServedServing, waitMs: number, signal: AbortSignal): Promise<void> {
  if (serving.status.state === 'ready') return;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const details = progressOf(serving);
      const problem = `Serving "${serving.name}" is not ready yet; its state is "${details.state}".`;
      reject(new HornetError('ERR_SERVING_LOADING', problem, { details }));
    }, waitMs);
  });
  try {
    await abortable(Promise.race([serving.whenReady(), tooLong]), signal);
  } finally {
    clearTimeout(timer);
  }
}

function progressOf({ status: { state, percent } }: ServedServing): { state: string; percent: number | null } {
  return { state, percent };
}
