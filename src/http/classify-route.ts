import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { HornetError } from '../errors/hornet-error.js';
import { abortable } from '../serving/abortable.js';
import type { Classification, Serving } from '../serving/serving.js';
import { readBody } from './read-body.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';

/** Limits of the classify route, ms and bytes. */
export interface ClassifyRouteOptions {
  readonly timeoutMs: number;
  readonly loadingWaitMs: number;
  readonly maxBodyBytes: number;
}

const parametersSchema = z.object({
  top_k: z.coerce.number().int().min(1).max(100_000).optional(),
  function_to_apply: z.enum(['softmax', 'sigmoid', 'none']).optional(),
});

/**
 * POST: the bytes of one image, whatever the Content-Type says, to `[{label, score}]`, best first.
 * Query: `top_k`, `function_to_apply`. Whatever can be refused is refused before the body is read.
 */
export function classifyRoute(servingOf: (request: Request) => Serving, options: ClassifyRouteOptions): RequestHandler {
  return async (request, response) => {
    const serving = servingOf(request);
    const parameters = parseParameters(request);
    const reservation = serving.reserve(1);
    let deadline: RequestDeadline | undefined;
    try {
      deadline = startDeadline(request, response, options.timeoutMs);
      const { signal } = deadline;
      await loadedWithin(serving, options.loadingWaitMs, signal);
      deadline.enter('receiving');
      const body = await readBody(request, response, options.maxBodyBytes, signal);
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
      response.set('Server-Timing', serverTiming(result));
      response.json(result.labels);
    } finally {
      reservation.release();
      deadline?.clear();
    }
  };
}

function parseParameters(request: Request): z.infer<typeof parametersSchema> {
  const result = parametersSchema.safeParse(request.query);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new HornetError('ERR_PARAMETER_INVALID', `A query parameter is not allowed: ${problems.join('; ')}.`);
}

/** Holds a request for a serving that is still loading, for a while. */
async function loadedWithin(serving: Serving, waitMs: number, signal: AbortSignal): Promise<void> {
  if (serving.status.state === 'ready') return;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const { state } = serving.status;
      reject(
        new HornetError('ERR_SERVING_LOADING', `Serving "${serving.name}" is not ready yet; its state is "${state}".`, {
          details: { state },
        }),
      );
    }, waitMs);
  });
  try {
    await abortable(Promise.race([serving.load(), tooLong]), signal);
  } finally {
    clearTimeout(timer);
  }
}

function serverTiming({ timings }: Classification): string {
  return Object.entries(timings)
    .map(([stage, durationMs]) => `${stage};dur=${durationMs.toFixed(2)}`)
    .join(', ');
}
