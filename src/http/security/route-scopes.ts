import { type Request, type Response, Router } from 'express';
import type { Scope } from './tokens.js';

/** Who may use a route: `open` is everybody, also without a token. */
export type RouteScope = 'open' | Scope;

/** Methods of a path, and who may use them. GET is HEAD too. */
export type MethodScopes = Readonly<Partial<Record<'GET' | 'POST', RouteScope>>>;

/**
 * Every route and who may use it, in the patterns of Express. A method or path that is not here takes the scope
 * `control`: a route that somebody forgets to enter is closed to most, and not open to all.
 */
export const routeScopes: Readonly<Record<string, MethodScopes>> = {
  '/classify': { POST: 'infer' },
  '/models/:name/classify': { POST: 'infer' },
  '/': { GET: 'open', POST: 'infer' },
  '/v2/models/:name/infer': { POST: 'infer' },
  '/v2/models/:name/versions/:version/infer': { POST: 'infer' },
  '/models/:name': { GET: 'infer', POST: 'infer' },
  '/models': { GET: 'infer' },
  '/models/:name/ready': { GET: 'open' },
  '/models/:name/load': { POST: 'control' },
  '/models/:name/unload': { POST: 'control' },
  '/status': { GET: 'infer' },
  '/metrics': { GET: 'infer' },
  '/events': { GET: 'infer' },
  '/health/live': { GET: 'open' },
  '/health/ready': { GET: 'open' },
  '/health/*path': { GET: 'open' },
  '/assets/*path': { GET: 'open' },
  '/openapi.json': { GET: 'open' },
  '/docs': { GET: 'open' },
  '/docs/*path': { GET: 'open' },
  '/v2': { GET: 'infer' },
  '/v2/health/live': { GET: 'open' },
  '/v2/health/ready': { GET: 'open' },
  '/v2/health/*path': { GET: 'open' },
  '/v2/models/stats': { GET: 'infer' },
  '/v2/models/:name': { GET: 'infer' },
  '/v2/models/:name/versions/:version': { GET: 'infer' },
  '/v2/models/:name/ready': { GET: 'open' },
  '/v2/models/:name/versions/:version/ready': { GET: 'open' },
  '/v2/models/:name/config': { GET: 'infer' },
  '/v2/models/:name/versions/:version/config': { GET: 'infer' },
  '/v2/models/:name/stats': { GET: 'infer' },
  '/v2/models/:name/versions/:version/stats': { GET: 'infer' },
  '/v2/repository/index': { POST: 'infer' },
  '/v2/repository/models/:name/load': { POST: 'control' },
  '/v2/repository/models/:name/unload': { POST: 'control' },
};

/** Calls back with who may use the route of a request, or with the error of a malformed path. */
export type FindRouteScope = (request: Request, response: Response, found: ScopeFound) => void;
type ScopeFound = (error: unknown, scope: RouteScope) => void;

/**
 * Finds who may use a route with the router that also finds the route, so that both read a path in the same way:
 * its case, a slash at its end, percent signs.
 */
export function routeScopeFinder(table: Readonly<Record<string, MethodScopes>> = routeScopes): FindRouteScope {
  const asked = new WeakMap<Request, ScopeFound>();
  const router = Router();
  for (const [path, methods] of Object.entries(table)) {
    router.all(path, (request: Request) => {
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      // A method is text of the client: "constructor" is none of ours.
      const scope = method === 'GET' || method === 'POST' ? methods[method] : undefined;
      // Not by leaving the router: it would do that in the next turn of the event loop only.
      asked.get(request)?.(undefined, scope ?? 'control');
    });
  }
  return (request, response, found) => {
    asked.set(request, found);
    router(request, response, (error?: unknown) => found(error, 'control'));
  };
}
