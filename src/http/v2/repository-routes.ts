import type { RequestHandler } from 'express';
import { z } from 'zod';
import { abortable } from '../../serving/abortable.js';
import { readJson } from '../body/read-json.js';
import { repositoryIndex, repositoryIndexRequestSchema } from './repository-index.js';
import type { V2Options } from './v2-options.js';

/** Body of POST /v2/repository/models/NAME/load; empty is the same as {}. No parameter is known. */
export const repositoryLoadRequestSchema = z.strictObject({ parameters: z.strictObject({}).optional() });

/** Body of POST /v2/repository/models/NAME/unload; empty is the same as {}. */
export const repositoryUnloadRequestSchema = z.strictObject({
  parameters: z
    .strictObject({
      unload_dependents: z.boolean().optional().describe('Changes nothing: no model depends on another.'),
    })
    .optional(),
});

/** POST /v2/repository/index: what models there are and how they are, whether they are loaded or not. */
export function repositoryIndexRoute(options: V2Options): RequestHandler {
  return async (request, response) => {
    const wanted = await readJson(repositoryIndexRequestSchema, request, response, options);
    response.json(
      repositoryIndex(
        options.servings.servings.map(({ status }) => status),
        wanted,
      ),
    );
  };
}

/**
 * POST /v2/repository/models/NAME/load: answers 200 with an empty body once the model is loaded, also where it was. The
 * client may go away: the loading goes on.
 */
export function repositoryLoadRoute(options: V2Options): RequestHandler {
  const { servings, watch, draining } = options;
  return async (request, response) => {
    const { name } = servings.get(String(request.params.name));
    await readJson(repositoryLoadRequestSchema, request, response, options);
    const end = watch.begin();
    const work = servings.load(name).finally(end);
    await abortable(work, draining);
    response.status(200).end();
  };
}

/**
 * POST /v2/repository/models/NAME/unload: answers 200 with an empty body once nothing is in the model any more and its
 * memory is freed.
 */
export function repositoryUnloadRoute(options: V2Options): RequestHandler {
  const { servings } = options;
  return async (request, response) => {
    const { name } = servings.get(String(request.params.name));
    await readJson(repositoryUnloadRequestSchema, request, response, options);
    await servings.unload(name);
    response.status(200).end();
  };
}
