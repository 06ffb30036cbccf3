import type { Request, RequestHandler } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import type { Reservation } from '../serving/admission.js';
import type { ClassifyOptions } from '../serving/classify-options.js';
import type { Clock } from '../serving/clock.js';
import type { Classification } from '../serving/model-instance.js';
import { admitBody } from './body/admit-body.js';
import { imageLimits } from './body/body-limits.js';
import type { ClassifyInput } from './body/classify-input.js';
import { parseInput } from './body/parse-input.js';
import { readBody } from './body/read-body.js';
import { checkQuery } from './check-parameters.js';
import { type ClassifyParameters, classifyQuerySchema } from './classify-schemas.js';
import { loadedWithin, progressOf } from './loaded-within.js';
import { noteServing } from './observe-requests.js';
import { type RequestDeadline, startDeadline } from './request-deadline.js';
import { sendJson } from './send-json.js';
import type { ServedServing } from './served.js';
import { serverTiming } from './server-timing.js';

/** Limits of the classify route, ms and bytes. */
export interface ClassifyRouteOptions {
  readonly timeoutMs: number;
  readonly loadingWaitMs: number;
  readonly maxBodyBytes: number;
  /** Most images in one request. */
  readonly maxImages: number;
  /** Longest time without a byte of a body. */
  readonly bodyIdleMs: number;
  /** Of senders; default that of this machine. */
  readonly clock?: Clock;
  /** Aborts when a server that ends waits no longer. */
  readonly cutOff: AbortSignal;
}

/**
 * POST: images as `parseInput` takes them, to `[{label, score}]`, best first, or for a list of images to a list of those.
 * Parameters: `top_k` and `function_to_apply`, in the body or else in the query. Whatever can be refused is refused before
 * the body is read.
 */
export function classifyRoute(
  servingOf: (request: Request) => ServedServing,
  options: ClassifyRouteOptions,
): RequestHandler {
  const { timeoutMs, cutOff, loadingWaitMs, maxImages, bodyIdleMs: idleMs, clock } = options;
  const limits = imageLimits(options.maxBodyBytes);
  return async (request, response) => {
    const serving = servingOf(request);
    noteServing(response, serving.name);
    const parameters = request.url.includes('?') ? checkQuery(classifyQuerySchema, request) : {};
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
      const input = await parseInput(body, request.headers['content-type'], { maxImages });
      const results = await classified(serving, input, { ...parameters, ...input.parameters }, signal, reservation);
      response.setHeader('Server-Timing', serverTiming(results.map(({ timings }) => timings)));
      const answers = results.map(({ labels }) => labels);
      sendJson(response, 200, input.isList ? answers : answers[0]);
    } finally {
      reservation.release();
      deadline?.clear();
    }
  };
}

async function classified(
  serving: ServedServing,
  { images, isList }: ClassifyInput,
  { top_k: topK, function_to_apply: functionToApply }: ClassifyParameters,
  signal: AbortSignal,
  reservation: Reservation,
): Promise<readonly Classification[]> {
  const options: ClassifyOptions = {
    signal,
    ...(topK === undefined ? {} : { topK }),
    ...(functionToApply === undefined ? {} : { functionToApply }),
  };
  const files = images.map(({ bytes }) => bytes);
  const [only] = files;
  if (!isList && only !== undefined) return [await serving.classify(only, options, reservation)];
  reservation.setImages(files.length);
  reservation.setBytes(files.reduce((sum, { length }) => sum + length, 0));
  try {
    return await serving.classifyMany(files, options, reservation);
  } catch (error) {
    throw withField(error, images);
  }
}

/** Names the field of the image that an error is of. */
function withField(error: unknown, images: ClassifyInput['images']): unknown {
  const index = error instanceof HornetError ? error.details?.index : undefined;
  const field = typeof index === 'number' ? images[index]?.field : undefined;
  if (!(error instanceof HornetError) || field === undefined) return error;
  return error.with({ message: `${field}: ${error.message}`, details: { field } });
}
