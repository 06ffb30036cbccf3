import { z } from 'zod';
import { servingStatusListSchema, servingStatusSchema } from './serving-status-schema.js';

/** GET /health/live. */
export const liveSchema = z.object({ live: z.literal(true) });

/** GET /health/ready, whether it is or not. */
export const readySchema = z
  .object({ ready: z.boolean(), servings: servingStatusListSchema })
  .meta({ id: 'Readiness', description: 'Whether every preloaded serving is ready, and the state of each.' });

/** GET /models/NAME/ready, whether it is or not. */
export const servingReadySchema = servingStatusSchema
  .extend({ ready: z.boolean() })
  .meta({ id: 'ServingReadiness', description: 'Whether the serving is ready, and its status.' });
