import { setMaxListeners } from 'node:events';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import type { ServingMetrics } from '../telemetry/serving-metrics.js';
import { type ClassifyRouteOptions, classifyRoute } from './classify-route.js';
import { loadRoute, unloadRoute } from './control-routes.js';
import { drainWithinBounds } from './drain-within-bounds.js';
import { httpErrorHandler, methodNotAllowed, routeNotFound } from './http-error.js';
import type { IdleWatch } from './idle-watch.js';
import { publicStatus } from './public-status.js';
import type { ServedServing, ServedServings } from './served.js';
import { type StatusSources, statusRoute } from './status-route.js';

/** What the HTTP side needs. */
export interface AppOptions extends ClassifyRouteOptions {
  readonly servings: ServedServings;
  readonly log: Logger;
  /** Aborts once the server is shutting down: no new work is taken from then on. */
  readonly draining: AbortSignal;
  readonly metrics: ServingMetrics;
  readonly status: StatusSources;
  /** Told of every request that is a use of the server. */
  readonly watch: Pick<IdleWatch, 'begin'>;
  /** Pending while a server that ends does not want to answer, and no longer than a moment. */
  readonly held?: () => Promise<void> | undefined;
}

/** The routes of Hornet on Express; docs in the README. */
export function createApp(options: AppOptions): Express {
  const { servings, draining, metrics } = options;
  const isAccepting = (): boolean => !draining.aborted;
  const named = (request: Request): ServedServing => servings.get(String(request.params.name));

  // Each open request listens to them; that is no leak.
  setMaxListeners(0, draining, options.cutOff);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(countedBy(metrics));
  app.use(drainWithinBounds);
  app.use(endingWhenDraining(draining, options.held));

  const probe = (path: string, handler: RequestHandler): void => {
    app.route(path).get(handler).all(methodNotAllowed('GET', 'HEAD'));
  };
  probe('/health/live', (_request, response) => {
    response.json({ live: true });
  });
  probe('/health/ready', (_request, response) => {
    const ready = isAccepting() && servings.ready();
    if (!ready) response.set('Retry-After', '5');
    response
      .status(ready ? 200 : 503)
      .json({ ready, servings: servings.servings.map(({ status }) => publicStatus(status)) });
  });
  probe('/models/:name/ready', (request, response) => {
    const status = publicStatus(named(request).status);
    const ready = isAccepting() && status.state === 'ready';
    if (!ready) response.set('Retry-After', '5');
    response.status(ready ? 200 : 503).json({ ready, ...status });
  });
  probe('/status', statusRoute(options.status, isAccepting));
  probe('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text());
  });

  const used = usedBy(options.watch);
  const classifyDefault = [used, classifyRoute(() => servings.default, options)];
  const classifyNamed = [used, classifyRoute(named, options)];
  app.route('/').post(classifyDefault).all(methodNotAllowed('POST'));
  app.route('/classify').post(classifyDefault).all(methodNotAllowed('POST'));
  app.route('/models/:name/classify').post(classifyNamed).all(methodNotAllowed('POST'));
  app.route('/models/:name/load').post(used, loadRoute(options)).all(methodNotAllowed('POST'));
  app.route('/models/:name/unload').post(used, unloadRoute(options)).all(methodNotAllowed('POST'));
  app
    .route('/models')
    .get(used, (_request, response) => {
      response.json(servings.servings.map(({ status }) => publicStatus(status)));
    })
    .all(methodNotAllowed('GET', 'HEAD'));
  app
    .route('/models/:name')
    .get(used, (request, response) => {
      response.json(publicStatus(named(request).status));
    })
    .post(classifyNamed)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));

  app.use(routeNotFound);
  app.use(httpErrorHandler(options.log));
  return app;
}

/**
 * From the signal on every answer says that it is the last one on its connection, also where the request came before,
 * and new work is refused.
 */
function endingWhenDraining(draining: AbortSignal, held: AppOptions['held'] = () => undefined): RequestHandler {
  const open = new Set<Response>();
  draining.addEventListener('abort', () => {
    for (const response of open) response.shouldKeepAlive = false;
  });
  return async (request, response, next) => {
    if (!draining.aborted) {
      open.add(response);
      response.once('close', () => open.delete(response));
      return next();
    }
    response.shouldKeepAlive = false;
    await held();
    if (request.method === 'POST') throw new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down.');
    next();
  };
}

/** A request counts as a use of the server until it is answered, or its client has gone. */
function usedBy(watch: Pick<IdleWatch, 'begin'>): RequestHandler {
  return (_request, response, next) => {
    response.once('close', watch.begin());
    next();
  };
}

function countedBy(metrics: Pick<ServingMetrics, 'countRequest'>): RequestHandler {
  return (request, response, next) => {
    response.once('close', () => {
      // Express types the route as anything. Paths that no route took are not told apart: there is no end of them.
      const route: { path: string } | undefined = request.route;
      metrics.countRequest(
        route?.path ?? 'none',
        methods.has(request.method) ? request.method : 'other',
        response.writableFinished ? response.statusCode : 499,
      );
    });
    next();
  };
}

/** Those that Hornet's routes know; others are counted together. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);
