import type { Request, RequestHandler } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import type { Reservation } from '../serving/admission.js';
import type { ClassifyOptions } from '../serving/classify-options.js';
import type { Classification } from '../serving/model-instance.js';
import type { ClassifyInput } from './body/classify-input.js';
import { parseInput } from './body/parse-input.js';
import { checkQuery } from './check-parameters.js';
import { type ClassifyParameters, classifyQuerySchema } from './classify-schemas.js';
import { noteServing } from './observe-requests.js';
import { sendJson } from './send-json.js';
import type { ServedServing } from './served.js';
import { serverTiming } from './server-timing.js';
import { type AdmittedBodyOptions, withAdmittedBody } from './with-admitted-body.js';

/** Limits of the classify route. */
export interface ClassifyRouteOptions extends AdmittedBodyOptions {
  /** Most images in one request. */
  readonly maxImages: number;
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
  const { maxImages } = options;
  return (request, response) => {
    const serving = servingOf(request);
    noteServing(response, serving.name);
    const parameters = request.url.includes('?') ? checkQuery(classifyQuerySchema, request) : {};
    return withAdmittedBody(serving, request, response, options, async ({ body, reservation, deadline }) => {
      const input = await parseInput(body, request.headers['content-type'], { maxImages });
      const chosen = { ...parameters, ...input.parameters };
      const results = await classified(serving, input, chosen, deadline.signal, reservation);
      response.setHeader('Server-Timing', serverTiming(results.map(({ timings }) => timings)));
      const answers = results.map(({ labels }) => labels);
      sendJson(response, 200, input.isList ? answers : answers[0]);
    });
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
