import type { RequestHandler } from 'express';
import { z } from 'zod';
import { sendReadiness } from '../send-readiness.js';
import { loadedSignature } from './loaded-signature.js';
import { modelConfig } from './model-config.js';
import { modelInPath } from './model-in-path.js';
import { modelMetadata } from './model-metadata.js';
import type { V2Options } from './v2-options.js';

/** Answer of GET /v2/models/NAME/ready, with 200 or 503. */
export const modelReadySchema = z.object({ name: z.string(), ready: z.boolean() });

/** GET /v2/models/NAME: names, datatypes and shapes of what goes in and comes out. */
export function modelMetadataRoute(options: V2Options): RequestHandler {
  return async (request, response) => {
    const serving = modelInPath(options.servings, request);
    response.json(modelMetadata(serving.name, await loadedSignature(serving, request, response, options)));
  };
}

/** GET /v2/models/NAME/config. */
export function modelConfigRoute(options: V2Options): RequestHandler {
  return async (request, response) => {
    const serving = modelInPath(options.servings, request);
    const signature = await loadedSignature(serving, request, response, options);
    response.json(modelConfig(serving.name, signature, options.maxImages));
  };
}

/** GET /v2/models/NAME/ready: as it is now, without loading anything. */
export function modelReadyRoute({ servings, draining }: Pick<V2Options, 'servings' | 'draining'>): RequestHandler {
  return (request, response) => {
    const { name, status } = modelInPath(servings, request);
    const ready = !draining.aborted && status.state === 'ready';
    const answer: z.infer<typeof modelReadySchema> = { name, ready };
    sendReadiness(response, answer);
  };
}
