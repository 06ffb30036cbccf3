import cors from 'cors';
import type { RequestHandler } from 'express';
import { framingProblem } from './check-framing.js';

/**
 * Lets pages of these origins use the server from a browser; `*` is every origin. Preflights are answered here, before
 * anybody asks for a token: they never carry one. Cookies are not allowed, since there are none.
 */
export function corsFor(origins: readonly string[]): RequestHandler {
  const handle = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'Content-Encoding',
      'X-Timeout-Ms',
      'X-Request-Id',
      'Inference-Header-Content-Length',
    ],
    exposedHeaders: ['Server-Timing', 'Retry-After', 'X-Request-Id', 'Inference-Header-Content-Length'],
    maxAge: 600,
  });
  return (request, response, next) => {
    // The package takes every OPTIONS for a preflight, and answers it whatever its headers are.
    const isOther =
      request.method === 'OPTIONS' &&
      (request.headers['access-control-request-method'] === undefined || framingProblem(request) !== undefined);
    if (isOther) next();
    else handle(request, response, next);
  };
}
