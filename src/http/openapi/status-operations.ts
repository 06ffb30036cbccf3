import { z } from 'zod';
import { statusSchema } from '../answers/status-schema.js';
import { jsonAnswer, type Operation } from './operation.js';

export const statusOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/status',
    id: 'status',
    tag: 'operations',
    summary: 'Everything about the server at once',
    answers: { 200: jsonAnswer('The server, its servings, memory, devices and volume.', statusSchema) },
  },
  {
    method: 'get',
    path: '/metrics',
    id: 'metrics',
    tag: 'operations',
    summary: 'Metrics for Prometheus',
    answers: {
      200: {
        description: "Prometheus' text format.",
        content: { 'text/plain': { schema: z.string() } },
      },
    },
  },
];
