import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { HornetError } from '../errors/hornet-error.js';
import { dtypes } from '../model/classifier-model.js';
import { abortable } from '../serving/abortable.js';
import type { ReplaceChanges } from '../serving/managed-serving.js';
import { checkJson, checkQuery } from './check-parameters.js';
import type { IdleWatch } from './idle-watch.js';
import { publicStatus } from './public-status.js';
import { readBody } from './read-body.js';
import { startDeadline } from './request-deadline.js';
import type { ServedServings } from './served.js';

/** What the routes need that load, exchange and unload servings. */
export interface ControlRouteOptions {
  readonly servings: ServedServings;
  readonly timeoutMs: number;
  /** Aborts as soon as the server ends: nobody is then held until a serving has loaded. */
  readonly draining: AbortSignal;
  /** Told that the server is in use as long as something is loaded or exchanged by hand. */
  readonly watch: Pick<IdleWatch, 'begin'>;
}

const querySchema = z.object({ wait: z.coerce.number().int().min(0).max(3_600_000).default(0) });

const changesSchema = z.strictObject({
  revision: z.string().min(1).optional(),
  dtype: z.enum(['auto', ...dtypes]).optional(),
  max_batch: z.int().min(1).max(256).optional(),
  backend: z.enum(['auto', 'tensorrt', 'onnxruntime']).optional(),
  force_build: z.boolean().optional(),
});

const maxChangesBytes = 64 * 1024;
const changesLimits = {
  maxBytes: maxChangesBytes,
  tooLarge: (found: string) =>
    new HornetError('ERR_REQUEST_INVALID', `The body has ${found}; at most ${maxChangesBytes} are accepted here.`),
};

/**
 * POST /models/NAME/load: loads the serving, or, with changes in a JSON body (`revision`, `dtype`, `max_batch`,
 * `backend`, `force_build`), exchanges it without a gap. Answers 202 with the status at once, or after at most `?wait=`
 * ms; 200 where it is done by then. The client may go away: the loading goes on.
 */
export function loadRoute({ servings, timeoutMs, draining, watch }: ControlRouteOptions): RequestHandler {
  return async (request, response) => {
    const serving = servings.get(nameIn(request));
    const { wait: waitMs } = checkQuery(querySchema, request);
    const deadline = startDeadline(request, response, { timeoutMs, cutOff: draining });
    let changes: ReplaceChanges;
    try {
      deadline.enter('receiving');
      changes = toChanges(checkJson(changesSchema, await readBody(request, response, changesLimits, deadline.signal)));
    } finally {
      deadline.clear();
    }
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
  const { revision, dtype, backend, max_batch: maxBatch, force_build: forceBuild } = given;
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(dtype === undefined ? {} : { dtype }),
    ...(backend === undefined ? {} : { backend }),
    ...(maxBatch === undefined ? {} : { maxBatch }),
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
