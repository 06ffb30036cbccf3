import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';

/** What the document depends on. */
export interface OpenApiRouteOptions {
  /** Whether tokens are configured just now; default: none ever are. */
  readonly isSecured?: () => boolean;
}

interface Written {
  readonly json: string;
  readonly etag: string;
}

/**
 * GET /openapi.json: made at the first request for it, since most servers are never asked; clients may keep it and ask
 * with its ETag whether it still holds.
 */
export function openApiRoute({ isSecured = () => false }: OpenApiRouteOptions): RequestHandler {
  const written = new Map<boolean, Promise<Written>>();
  return async (request, response) => {
    const secured = isSecured();
    const document = written.get(secured) ?? write(secured);
    written.set(secured, document);
    const { json, etag } = await document;
    response.set({ ETag: etag, 'Cache-Control': 'no-cache' });
    if (request.fresh) response.status(304).end();
    else response.type('json').send(json);
  };
}

async function write(secured: boolean): Promise<Written> {
  const { openApiDocument } = await import('./openapi-document.js');
  const json = JSON.stringify(openApiDocument({ secured }));
  return { json, etag: `"${createHash('sha256').update(json).digest('base64url').slice(0, 22)}"` };
}
