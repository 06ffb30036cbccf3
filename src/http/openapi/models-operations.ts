import { z } from 'zod';
import { servingStatusListSchema, servingStatusSchema } from '../answers/serving-status-schema.js';
import { jsonAnswer, type Operation } from './operation.js';

/** One event; a schema of a stream is one of what it consists of. */
const eventSchema = z.object({
  event: z.literal('servings'),
  data: z.string().meta({ contentMediaType: 'application/json', description: 'The JSON that GET /models answers.' }),
});

export const modelsOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/models',
    id: 'listModels',
    tag: 'models',
    summary: 'The state of every serving',
    answers: { 200: jsonAnswer('The servings; the first is the default one.', servingStatusListSchema) },
  },
  {
    method: 'get',
    path: '/models/:name',
    id: 'getModel',
    tag: 'models',
    summary: 'The state of one serving',
    answers: { 200: jsonAnswer('The serving.', servingStatusSchema) },
  },
  {
    method: 'get',
    path: '/events',
    id: 'events',
    tag: 'models',
    summary: 'The state of every serving, again whenever it changes',
    description:
      'Server-sent events: `servings`, whose data is the JSON that GET /models answers, at once and after each change. ' +
      'Ends when the server does.',
    answers: {
      200: { description: 'A stream of events.', content: { 'text/event-stream': { schema: eventSchema } } },
    },
    errors: ['ERR_TOO_MANY_STREAMS', 'ERR_SERVING_CLOSED'],
  },
];
