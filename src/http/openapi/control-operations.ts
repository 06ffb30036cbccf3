import { servingStatusSchema } from '../answers/serving-status-schema.js';
import { changesSchema, loadQuerySchema } from '../control-routes.js';
import { bodyErrors, loadingErrors } from './error-groups.js';
import { jsonAnswer, type Operation } from './operation.js';
import { timeoutHeaders } from './parameters.js';

export const controlOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/models/:name/load',
    id: 'loadModel',
    tag: 'control',
    summary: 'Load a serving, or exchange its model',
    description:
      'Without changes the serving is loaded if it is not. With changes the new model is loaded beside the old one, ' +
      'which answers until then. The client may go away: the loading goes on.',
    query: loadQuerySchema,
    headers: timeoutHeaders,
    body: {
      description: 'Read as JSON whatever its Content-Type says.',
      content: {
        'application/json': {
          schema: changesSchema,
          examples: { load: { summary: 'Load what is configured', value: {} } },
        },
      },
    },
    answers: {
      200: jsonAnswer('It is done.', servingStatusSchema),
      202: jsonAnswer('It goes on; the status tells how far it is.', servingStatusSchema),
    },
    errors: [
      ...loadingErrors,
      ...bodyErrors,
      'ERR_PARAMETER_INVALID',
      'ERR_SERVING_CLOSED',
      'ERR_SERVING_BUSY',
      'ERR_SERVING_UNLOADED',
    ],
  },
  {
    method: 'post',
    path: '/models/:name/unload',
    id: 'unloadModel',
    tag: 'control',
    summary: 'Unload a serving and free its memory',
    description: 'What is in it is answered first. Requests get 409 until it is loaded again.',
    answers: { 200: jsonAnswer('It is unloaded.', servingStatusSchema) },
    errors: ['ERR_SERVING_CLOSED', 'ERR_SERVING_BUSY'],
  },
];
