import { createHash } from 'node:crypto';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import { packageVersion } from '../package-info.js';
import { type PageFiles, readPageFiles } from './page-files.js';
import { assetHeaders, pageHeaders } from './security/page-headers.js';

/** What the page is told of its server. */
export interface PageRouteOptions {
  /** It refuses larger pictures itself. */
  readonly maxBodyBytes: number;
  /** Default: the compiled page of the package, read at the first request. */
  readonly files?: () => PageFiles;
}

/** Handlers of {@link pageRoutes}. */
export interface PageRoutes {
  /** GET /: the page, or a few words of JSON for those who prefer that. */
  readonly page: RequestHandler;
  /** GET /docs: the page to read and to try the API. */
  readonly docs: RequestHandler;
  /** GET /assets/*: what the pages consist of. */
  readonly assets: RequestHandler;
}

/**
 * The page for people. Its address stays the same, so it is asked for anew each time; its parts lie in a folder that is
 * named after their content and may be kept for ever.
 */
export function pageRoutes({ maxBodyBytes, files: read = () => readPageFiles() }: PageRouteOptions): PageRoutes {
  let files: PageFiles | undefined;
  let page: RenderedPage | undefined;
  let docs: RenderedPage | undefined;
  const load = (): PageFiles => {
    files ??= read();
    return files;
  };
  let serveFile: RequestHandler | undefined;
  return {
    page: (request, response) => {
      response.vary('Accept');
      if (request.accepts(['html', 'json']) === 'json') {
        response.json({ name: 'hornet', version: packageVersion, models: '/models', openapi: '/openapi.json' });
        return;
      }
      page ??= render(load().html, load(), maxBodyBytes);
      sendPage(request, response, page);
    },
    docs: (request, response) => {
      // What the page refers to lies beside it.
      if (request.path.endsWith('/')) {
        response.redirect(308, '../docs');
        return;
      }
      docs ??= render(load().docs, load(), maxBodyBytes);
      sendPage(request, response, docs);
    },
    assets: (request, response, next) => {
      const { assets, version } = load();
      serveFile ??= express.static(assets, { index: false, redirect: false, cacheControl: false, acceptRanges: false });
      // A page of another version of the server, while it is being exchanged, gets what there is.
      const [, asked, path] = /^\/assets(?:\/([0-9a-f]{16}))?(\/.*)$/.exec(request.url) ?? [];
      response.set('Cache-Control', asked === version ? 'public, max-age=31536000, immutable' : 'no-cache');
      response.set(assetHeaders);
      const { url } = request;
      if (path !== undefined) request.url = path;
      serveFile(request, response, (error?: unknown) => {
        request.url = url;
        response.set('Cache-Control', 'no-store');
        next(error ?? new HornetError('ERR_ROUTE_NOT_FOUND', `There is no route ${request.path}.`));
      });
    },
  };
}

interface RenderedPage {
  readonly html: string;
  readonly etag: string;
}

function render(page: string, { version }: PageFiles, maxBodyBytes: number): RenderedPage {
  const html = page.replaceAll('{{assets}}', `assets/${version}`).replaceAll('{{maxBodyBytes}}', String(maxBodyBytes));
  return { html, etag: `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"` };
}

function sendPage(request: Request, response: Response, { html, etag }: RenderedPage): void {
  response.set({ ...pageHeaders, 'Cache-Control': 'no-cache', ETag: etag });
  if (request.fresh) response.status(304).end();
  else response.type('html').send(html);
}
