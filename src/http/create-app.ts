import express, { type Express, type Request, type RequestHandler } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import type { Serving } from '../serving/serving.js';
import { type ClassifyRouteOptions, classifyRoute } from './classify-route.js';
import { drainWithinBounds } from './drain-within-bounds.js';
import { httpErrorHandler, methodNotAllowed, routeNotFound } from './http-error.js';

/** What the HTTP side needs. */
export interface AppOptions extends ClassifyRouteOptions {
  /** At least one; the first is the default one. */
  readonly servings: readonly [Serving, ...Serving[]];
  readonly log: Logger;
  /** False once the server is shutting down. */
  readonly isAccepting: () => boolean;
}

/** The routes of Hornet on Express; docs in the README. */
export function createApp(options: AppOptions): Express {
  const { servings } = options;
  const byName = new Map(servings.map((serving) => [serving.name, serving]));
  const named = (request: Request): Serving => {
    const name = String(request.params.name);
    const serving = byName.get(name);
    if (serving !== undefined) return serving;
    const names = [...byName.keys()];
    throw new HornetError('ERR_SERVING_NOT_FOUND', `There is no serving "${name}"; there is ${names.join(', ')}.`, {
      details: { servings: names },
    });
  };

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(drainWithinBounds);
  app.use(connectionCloseWhenDraining(options.isAccepting));

  const get = (path: string, handler: RequestHandler): void => {
    app.route(path).get(handler).all(methodNotAllowed('GET', 'HEAD'));
  };
  get('/health/live', (_request, response) => {
    response.json({ live: true });
  });
  get('/health/ready', (_request, response) => {
    const ready = options.isAccepting() && servings.every(({ status }) => status.state === 'ready');
    response.status(ready ? 200 : 503).json({ ready, servings: servings.map(({ status }) => status) });
  });
  get('/models', (_request, response) => {
    response.json(servings.map(({ status }) => status));
  });
  get('/models/:name/ready', (request, response) => {
    const { status } = named(request);
    response.status(status.state === 'ready' ? 200 : 503).json({ ready: status.state === 'ready', ...status });
  });

  const classifyDefault = classifyRoute(() => servings[0], options);
  const classifyNamed = classifyRoute(named, options);
  app.route('/').post(classifyDefault).all(methodNotAllowed('POST'));
  app.route('/classify').post(classifyDefault).all(methodNotAllowed('POST'));
  app.route('/models/:name/classify').post(classifyNamed).all(methodNotAllowed('POST'));
  app
    .route('/models/:name')
    .get((request, response) => {
      response.json(named(request).status);
    })
    .post(classifyNamed)
    .all(methodNotAllowed('GET', 'HEAD', 'POST'));

  app.use(routeNotFound);
  app.use(httpErrorHandler(options.log));
  return app;
}

/** Clients that keep a connection are told to open the next one elsewhere. */
function connectionCloseWhenDraining(isAccepting: () => boolean): RequestHandler {
  return (_request, response, next) => {
    if (!isAccepting()) response.set('Connection', 'close');
    next();
  };
}
