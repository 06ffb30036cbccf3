import type { Request, RequestHandler, Response } from 'express';
import { HornetError } from '../../errors/hornet-error.js';
import { framingProblem } from './check-framing.js';
import { endRequestsOn } from './last-request.js';
import { isFromOtherSite, mayBeRebound } from './origins.js';
import { type RouteScope, routeScopeFinder } from './route-scopes.js';
import type { ServerTokens } from './server-tokens.js';
import type { Scope } from './tokens.js';

/** What {@link guardRequests} needs to know. */
export interface GuardOptions {
  /** Default: none, and the server is open to all. */
  readonly tokens?: Pick<ServerTokens, 'required' | 'scopesOf'>;
  /** Origins whose pages may use the server. */
  readonly corsOrigins?: readonly string[];
}

/** What a request that was let in finds in `response.locals`, where it is one that may last. */
export interface GuardedLocals {
  /** Whether its token would still let it in. Absent: it takes none. */
  isStillAllowed?: () => boolean;
}

/**
 * Lets a request in, or refuses it before anything of its body is read: for headers that can be read in two ways (400),
 * for want of a token (401) or of a token's scope (403), and, where there are no tokens, for coming from a page of
 * somebody else (403).
 */
export function guardRequests({ tokens, corsOrigins = [] }: GuardOptions): RequestHandler {
  const findScope = routeScopeFinder();
  return (request, response, next) => {
    const problem = framingProblem(request);
    if (problem !== undefined) {
      // Where this request ends may be disputed, so nothing after it is read.
      response.shouldKeepAlive = false;
      endRequestsOn(request.socket);
      throw problem;
    }
    if (tokens?.required) {
      findScope(request, response, (error, scope) => {
        const refusal = error ?? tokenProblem(request, response, scope, tokens);
        // Streams are GETs: inference has no use for it.
        if (!refusal && scope !== 'open' && request.method === 'GET') {
          const token = bearerToken(request) ?? '';
          (response.locals as GuardedLocals).isStillAllowed = () => tokens.scopesOf(token).has(scope);
        }
        next(refusal);
      });
      return;
    }
    // Reading tells a page of somebody else nothing: the browser keeps the answer from it.
    if (request.method === 'GET' || request.method === 'HEAD' || !isOfBrowser(request)) return next();
    if (isListed(request, corsOrigins)) return next();
    if (isFromOtherSite(request)) throw foreign('This request comes from a page of another origin.');
    if (!mayBeRebound(request)) return next();
    findScope(request, response, (error, scope) => {
      const refusal = 'Without a token, pages may load and unload servings only at localhost or an address.';
      next(error ?? (scope === 'control' ? foreign(refusal) : undefined));
    });
  };
}

function tokenProblem(
  request: Request,
  response: Response,
  needed: RouteScope,
  tokens: Pick<ServerTokens, 'scopesOf'>,
): HornetError | undefined {
  if (needed === 'open') return undefined;
  const presented = bearerToken(request);
  if (presented === undefined) {
    return unauthorized(response, 'Bearer', 'This needs a token: "Authorization: Bearer TOKEN".');
  }
  const scopes = tokens.scopesOf(presented);
  if (scopes.size === 0) return unauthorized(response, 'Bearer error="invalid_token"', 'The token is not known.');
  return scopes.has(needed) ? undefined : forbidden(response, needed, `${request.method} ${request.path}`);
}

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
function unauthorized(response: Response, challenge: string, message: string): HornetError {
  response.set('WWW-Authenticate', challenge);
  return new HornetError('ERR_UNAUTHORIZED', message);
}

function forbidden(response: Response, scope: Scope, what: string): HornetError {
  response.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
  return new HornetError('ERR_FORBIDDEN', `The token lacks the scope "${scope}", which ${what} needs.`, {
    details: { scope },
  });
}

function foreign(message: string): HornetError {
  return new HornetError('ERR_ORIGIN_FORBIDDEN', message);
}

function bearerToken({ headers: { authorization } }: Request): string | undefined {
  return authorization === undefined ? undefined : /^bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
}

function isOfBrowser({ headers }: Request): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

function isListed({ headers: { origin } }: Request, listed: readonly string[]): boolean {
  return listed.includes('*') || (origin !== undefined && listed.includes(origin));
}
