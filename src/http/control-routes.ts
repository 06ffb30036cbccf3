import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { settings } from '../config/settings.js';
import { abortable } from '../serving/abortable.js';
import type { ReplaceChanges } from '../serving/managed-serving.js';
import { type ReadJsonOptions, readJson } from './body/read-json.js';
import { checkQuery, queryInteger } from './check-parameters.js';
import type { IdleWatch } from './idle-watch.js';
import { publicStatus } from './public-status.js';
import type { ServedServings } from './served.js';

/** What the routes need that load, exchange and unload servings. */
export interface ControlRouteOptions extends Omit<ReadJsonOptions, 'cutOff'> {
  readonly servings: ServedServings;
  /** Aborts as soon as the server ends: nobody is then held until a serving has loaded. */
  readonly draining: AbortSignal;
  /** Told that the server is in use as long as something is loaded or exchanged by hand. */
  readonly watch: Pick<IdleWatch, 'begin'>;
}

/** The query of POST /models/NAME/load. */
export const loadQuerySchema = z.object({ wait: queryInteger(0, 3_600_000).default(0) });

/** The body of POST /models/NAME/load. */
export const changesSchema = z.strictObject({
  revision: z.string().min(1).optional(),
  dtype: settings.dtype.schema.optional(),
  max_batch: z.int().min(1).max(256).optional(),
  backend: settings.backend.schema.optional(),
  force_download: z.boolean().optional(),
  force_build: z.boolean().optional(),
});

/**
 * POST /models/NAME/load: loads the serving, or, with changes in a JSON body (`revision`, `dtype`, `max_batch`,
 * `backend`, `force_download`, `force_build`), exchanges it without a gap. Answers 202 with the status at once, or after
 * at most `?wait=` ms; 200 where it is done by then. The client may go away: the loading goes on.
 */
export function loadRoute(options: ControlRouteOptions): RequestHandler {
  const { servings, draining, watch } = options;
  return async (request, response) => {
    const serving = servings.get(nameIn(request));
    const { wait: waitMs } = checkQuery(loadQuerySchema, request);
    const changes = toChanges(await readJson(changesSchema, request, response, { ...options, cutOff: draining }));
    const work =
      Object.keys(changes).length === 0 ? servings.load(serving.name) : servings.replace(serving.name, changes);
    const end = watch.begin();
    // Nobody may be there any more to hear of it; the status and the log tell it too.
    work.catch(() => undefined).finally(end);
    const waiting = new AbortController();
    const stop = (): void => waiting.abort();
    response.once('close', stop);
    try {
      const done = await Promise.race([
        work.then(() => true),
        abortable(pause(waitMs, waiting.signal), draining).then(() => false),
      ]);
      response.status(done ? 200 : 202).json(publicStatus(serving.status));
    } finally {
      response.off('close', stop);
      stop();
    }
  };
}

/** POST /models/NAME/unload: answers with the status once nothing is in the serving any more and its model is freed. */
export function unloadRoute({ servings }: Pick<ControlRouteOptions, 'servings'>): RequestHandler {
  return async (request, response) => {
    const serving = servings.get(nameIn(request));
    await servings.unload(serving.name);
    response.json(publicStatus(serving.status));
  };
}

function nameIn(request: Request): string {
  return String(request.params.name);
}

function toChanges(given: z.infer<typeof changesSchema>): ReplaceChanges {
  const { revision, dtype, backend, max_batch: maxBatch } = given;
  const { force_download: forceDownload, force_build: forceBuild } = given;
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(dtype === undefined ? {} : { dtype }),
    ...(backend === undefined ? {} : { backend }),
    ...(maxBatch === undefined ? {} : { maxBatch }),
    ...(forceDownload === undefined ? {} : { forceDownload }),
    ...(forceBuild === undefined ? {} : { forceBuild }),
  };
}

/** Resolves after the time, or as soon as the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
