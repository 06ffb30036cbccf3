import { type RequestHandler, Router } from 'express';
import { methodNotAllowed } from '../http-error.js';
import { noteServing } from '../observe-requests.js';
import { inferRoute } from './infer-route.js';
import { modelPaths } from './model-in-path.js';
import { modelConfigRoute, modelMetadataRoute, modelReadyRoute } from './model-routes.js';
import { repositoryIndexRoute, repositoryLoadRoute, repositoryUnloadRoute } from './repository-routes.js';
import { serverLiveRoute, serverMetadataRoute, serverReadyRoute } from './server-routes.js';
import { allStatisticsRoute, modelStatisticsRoute } from './statistics-routes.js';
import type { V2Options } from './v2-options.js';

/**
 * The Open Inference Protocol, version 2, over HTTP, with Triton's extensions. The routes have their whole paths, by
 * which requests are counted and logged: to be mounted at the root.
 * @see https://github.com/kserve/open-inference-protocol
 */
export function v2Router(options: V2Options): Router {
  const router = Router();
  const names = new Set(options.servings.servings.map(({ name }) => name));
  router.param('name', (_request, response, next, name: string) => {
    if (names.has(name)) noteServing(response, name);
    next();
  });
  const get = (path: string, ...handlers: RequestHandler[]): void => {
    router.route(path).get(handlers).all(methodNotAllowed('GET', 'HEAD'));
  };
  const post = (path: string, ...handlers: RequestHandler[]): void => {
    router
      .route(path)
      .post(options.used, ...handlers)
      .all(methodNotAllowed('POST'));
  };
  get('/v2', serverMetadataRoute);
  get('/v2/health/live', serverLiveRoute);
  get('/v2/health/ready', serverReadyRoute(options));
  // Before the routes of a model, which it looks like.
  get('/v2/models/stats', allStatisticsRoute(options));
  for (const path of modelPaths()) get(path, options.used, modelMetadataRoute(options));
  for (const path of modelPaths('/config')) get(path, options.used, modelConfigRoute(options));
  for (const path of modelPaths('/ready')) get(path, modelReadyRoute(options));
  for (const path of modelPaths('/stats')) get(path, modelStatisticsRoute(options));
  for (const path of modelPaths('/infer')) post(path, inferRoute(options));
  post('/v2/repository/index', repositoryIndexRoute(options));
  post('/v2/repository/models/:name/load', repositoryLoadRoute(options));
  post('/v2/repository/models/:name/unload', repositoryUnloadRoute(options));
  return router;
}
