import { liveSchema, readySchema, servingReadySchema } from '../answers/health-schemas.js';
import { jsonAnswer, type Operation } from './operation.js';
import { retryHeaders } from './parameters.js';

export const healthOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/health/live',
    id: 'live',
    tag: 'health',
    summary: 'Whether the server listens',
    answers: { 200: jsonAnswer('It does.', liveSchema) },
  },
  {
    method: 'get',
    path: '/health/ready',
    id: 'ready',
    tag: 'health',
    summary: 'Whether every preloaded serving is ready',
    description: '503 also as soon as the server is told to end.',
    answers: {
      200: jsonAnswer('All are ready.', readySchema),
      503: jsonAnswer('Not all are ready, or the server ends.', readySchema, retryHeaders),
    },
  },
  {
    method: 'get',
    path: '/models/:name/ready',
    id: 'modelReady',
    tag: 'health',
    summary: 'Whether one serving is ready',
    answers: {
      200: jsonAnswer('It is ready.', servingReadySchema),
      503: jsonAnswer('It is not ready, or the server ends.', servingReadySchema, retryHeaders),
    },
  },
];
