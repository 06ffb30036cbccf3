import type { ErrorRequestHandler, RequestHandler } from 'express';
import { HornetError, messageOf, toHornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import { dropBody } from './drop-body.js';
import { publicWords } from './public-status.js';
import { sendJson } from './send-json.js';

/** Body of every answer that is an error. */
export interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly remedy: string;
  readonly [detail: string]: unknown;
}

/** What clients are told of an error: never its stack or cause. */
export function errorBody(error: HornetError): ErrorBody {
  return { ...error.details, error: error.message, code: error.code, remedy: error.remedy };
}

/** The same over HTTP, where failures of the server tell no places of files. Other messages name routes and parameters. */
function publicBody(error: HornetError): ErrorBody {
  const body = errorBody(error);
  if (error.status < 500) return body;
  const { message, remedy } = publicWords(error);
  return { ...body, error: message, remedy };
}

/** Seconds after which a refused request is worth sending again; undefined: it is not, or nobody knows. */
function retryAfterSeconds({ status, details }: HornetError): number | undefined {
  if (status === 429) return typeof details?.retryAfterSeconds === 'number' ? details.retryAfterSeconds : 1;
  return status === 503 ? 5 : undefined;
}

/** What is read of a body whose sender is told that the server ends. */
const dropLimits = { maxBytes: 64 * 1024 * 1024, maxMs: 5000 };

/** The one place where errors become HTTP: `{"error", "code", "remedy"}` with the registry's status. */
export function httpErrorHandler(log: Logger): ErrorRequestHandler {
  return async (thrown: unknown, request, response, _next) => {
    const error = fromExpress(thrown) ?? toHornetError(thrown);
    if (error.code === 'ERR_INTERNAL') {
      log.error(
        { event: 'request.failed', method: request.method, path: request.path, err: thrown },
        messageOf(thrown),
      );
    }
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) response.set('Retry-After', String(seconds));
    // A sender that was too slow is not read any further, nor is a connection kept to a server that ends.
    if (error.code === 'ERR_REQUEST_TIMEOUT' || error.code === 'ERR_SERVING_CLOSED')
      response.set('Connection', 'close');
    if (error.code === 'ERR_SERVING_CLOSED') await dropBody(request, dropLimits);
    sendJson(response, error.status, publicBody(error));
  };
}

/** Express and its router report malformed paths by errors that carry a 4xx status. */
function fromExpress(thrown: unknown): HornetError | undefined {
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  if (typeof status !== 'number' || status < 400 || status > 499 || thrown instanceof HornetError) return undefined;
  return new HornetError('ERR_REQUEST_INVALID', `The request is malformed: ${messageOf(thrown)}.`);
}

/** Answers 404 for everything that no route took. */
export const routeNotFound: RequestHandler = (request) => {
  throw new HornetError('ERR_ROUTE_NOT_FOUND', `There is no route ${request.path}.`);
};

/** Answers 405 with the methods that a route has. */
export function methodNotAllowed(...allowed: readonly string[]): RequestHandler {
  return (request, response) => {
    response.set('Allow', allowed.join(', '));
    throw new HornetError('ERR_METHOD_NOT_ALLOWED', `${request.path} does not take ${request.method}.`);
  };
}
