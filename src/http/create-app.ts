import { setMaxListeners } from 'node:events';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import { coalesced } from '../telemetry/coalesced.js';
import type { ServingMetrics } from '../telemetry/serving-metrics.js';
import type { ServingStatistics } from '../telemetry/serving-statistics.js';
import { type ClassifyRouteOptions, classifyRoute } from './classify-route.js';
import { loadRoute, unloadRoute } from './control-routes.js';
import { drainWithinBounds } from './drain-within-bounds.js';
import { eventsRoute } from './events-route.js';
import { httpErrorHandler, methodNotAllowed, routeNotFound } from './http-error.js';
import type { IdleWatch } from './idle-watch.js';
import { noteError, noteServing, type RequestObserver } from './observe-requests.js';
import { onClose } from './on-close.js';
import { openApiRoute } from './openapi/openapi-route.js';
import { pageRoutes } from './page-routes.js';
import { publicStatus } from './public-status.js';
import { corsFor } from './security/cors-for.js';
import { type GuardOptions, guardRequests } from './security/guard-requests.js';
import { sendReadiness } from './send-readiness.js';
import type { ServedServing, ServedServings } from './served.js';
import { type StatusSources, statusRoute } from './status-route.js';
import { v2Router } from './v2/v2-router.js';

/** What the HTTP side needs. */
export interface AppOptions extends ClassifyRouteOptions, GuardOptions {
  readonly servings: ServedServings;
  readonly log: Logger;
  /** Aborts once the server is shutting down: no new work is taken from then on. */
  readonly draining: AbortSignal;
  readonly metrics: ServingMetrics;
  readonly statistics: Pick<ServingStatistics, 'report'>;
  /** Sees every request first. */
  readonly observer: RequestObserver;
  readonly status: StatusSources;
  /** Told of every request that is a use of the server. */
  readonly watch: Pick<IdleWatch, 'begin'>;
  /** Pending while a server that ends does not want to answer, and no longer than a moment. */
  readonly held?: () => Promise<void> | undefined;
}

/** The routes of Hornet on Express; docs/http-api.md describes them. */
export function createApp(options: AppOptions): Express {
  const { servings, draining, metrics, observer } = options;
  const isAccepting = (): boolean => !draining.aborted;
  const named = (request: Request): ServedServing => servings.get(String(request.params.name));

  // Each open request listens to them; that is no leak.
  setMaxListeners(0, draining, options.cutOff);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  const keepUsable = drainWithinBounds();
  const endWhenDraining = endingWhenDraining(draining, options.held);
  const guard = guardRequests(options);
  const letIn = options.corsOrigins?.length ? inTurn(corsFor(options.corsOrigins), guard) : guard;
  const enter = inTurn(endWhenDraining, letIn);
  // One for all: each that is asked by the router costs as much as what it does.
  app.use((request, response, next) => {
    observer.observe(request, response);
    // Answers are not to be stored or guessed at, unless their route says otherwise.
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    keepUsable(request, response);
    return enter(request, response, next);
  });

  const names = new Set(servings.servings.map(({ name }) => name));
  app.param('name', (_request, response, next, name: string) => {
    if (names.has(name)) noteServing(response, name);
    next();
  });

  const used = usedBy(options.watch);
  // First of all routes: the router asks one after the other, and these are wanted most.
  const classifyDefault = [used, classifyRoute(() => servings.default, options)];
  const classifyNamed = [used, classifyRoute(named, options)];
  const { page, docs, assets } = pageRoutes(options);
  app.route('/classify').post(classifyDefault).all(methodNotAllowed('POST'));
  app
    .route('/')
    .get(page)
    .post(classifyDefault)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));
  app.route('/models/:name/classify').post(classifyNamed).all(methodNotAllowed('POST'));

  const probe = (path: string, handler: RequestHandler): void => {
    app.route(path).get(handler).all(methodNotAllowed('GET', 'HEAD'));
  };
  probe('/health/live', (_request, response) => {
    response.json({ live: true });
  });
  probe('/health/ready', (_request, response) => {
    const ready = isAccepting() && servings.ready();
    sendReadiness(response, { ready, servings: servings.servings.map(({ status }) => publicStatus(status)) });
  });
  probe('/models/:name/ready', (request, response) => {
    const status = publicStatus(named(request).status);
    const ready = isAccepting() && status.state === 'ready';
    sendReadiness(response, { ready, ...status });
  });
  probe('/status', statusRoute(options.status, isAccepting));
  // Some milliseconds of work: those who ask for them at once must not hold up everybody else.
  const metricsText = coalesced(() => metrics.text());
  probe('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metricsText());
  });

  // A page that somebody has left open is no use of the server, or it would keep a machine running for nobody.
  probe('/events', eventsRoute({ servings: servings.servings, draining }));
  probe('/assets/*path', assets);
  probe('/docs', docs);
  probe('/openapi.json', openApiRoute({ isSecured: () => options.tokens?.required === true }));

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
  app.use(v2Router({ ...options, used }));

  app.use(routeNotFound);
  app.use(noteError, httpErrorHandler(options.log));
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
  const end: RequestHandler = async (request, response, next) => {
    response.shouldKeepAlive = false;
    await held();
    if (request.method === 'POST') throw new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down.');
    next();
  };
  return (request, response, next) => {
    if (draining.aborted) return end(request, response, next);
    open.add(response);
    onClose(response, () => open.delete(response));
    next();
  };
}

/** The second goes on where the first says `next`. */
function inTurn(first: RequestHandler, second: RequestHandler): RequestHandler {
  return (request, response, next) =>
    first(request, response, (error?: unknown) =>
      error === undefined ? second(request, response, next) : next(error),
    );
}

/** A request counts as a use of the server until it is answered, or its client has gone. */
function usedBy(watch: Pick<IdleWatch, 'begin'>): RequestHandler {
  return (_request, response, next) => {
    onClose(response, watch.begin());
    next();
  };
}
