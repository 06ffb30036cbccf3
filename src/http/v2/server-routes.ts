import type { RequestHandler } from 'express';
import { z } from 'zod';
import { packageVersion } from '../../package-info.js';
import { sendReadiness } from '../send-readiness.js';
import type { V2Options } from './v2-options.js';

/** Answer of GET /v2. */
export const serverMetadataSchema = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z
    .array(z.string())
    .describe('Extensions of the protocol that are there, by the names Triton gives them.'),
});

/** Answer of GET /v2/health/live. */
export const serverLiveSchema = z.object({ live: z.boolean() });

/** Answer of GET /v2/health/ready, with 200 or 503. */
export const serverReadySchema = z.object({ ready: z.boolean() });

/** @see https://github.com/triton-inference-server/server/tree/main/docs/protocol for what each of them is */
export const extensions: readonly string[] = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'statistics',
];

/** GET /v2. */
export const serverMetadataRoute: RequestHandler = (_request, response) => {
  const metadata: z.infer<typeof serverMetadataSchema> = {
    name: 'hornet',
    version: packageVersion,
    extensions: [...extensions],
  };
  response.json(metadata);
};

/** GET /v2/health/live. */
export const serverLiveRoute: RequestHandler = (_request, response) => {
  const answer: z.infer<typeof serverLiveSchema> = { live: true };
  response.json(answer);
};

/** GET /v2/health/ready: 503 until every preloaded model is ready, and once the server is shutting down. */
export function serverReadyRoute({ servings, draining }: Pick<V2Options, 'servings' | 'draining'>): RequestHandler {
  return (_request, response) => {
    const ready = !draining.aborted && servings.ready();
    const answer: z.infer<typeof serverReadySchema> = { ready };
    sendReadiness(response, answer);
  };
}
