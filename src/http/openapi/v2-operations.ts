import { z } from 'zod';
import { inferAnswerSchema, inferRequestSchema } from '../v2/infer-schemas.js';
import { modelConfigSchema } from '../v2/model-config.js';
import { modelPaths } from '../v2/model-in-path.js';
import { modelMetadataSchema } from '../v2/model-metadata.js';
import { modelReadySchema } from '../v2/model-routes.js';
import { statisticsSchema } from '../v2/model-statistics.js';
import { headerLengthName } from '../v2/parse-infer-body.js';
import { repositoryIndexRequestSchema, repositoryIndexSchema } from '../v2/repository-index.js';
import { repositoryLoadRequestSchema, repositoryUnloadRequestSchema } from '../v2/repository-routes.js';
import { serverLiveSchema, serverMetadataSchema, serverReadySchema } from '../v2/server-routes.js';
import { bodyErrors, imageErrors, loadingErrors, servingErrors } from './error-groups.js';
import { examplePicture } from './example-picture.js';
import { jsonAnswer, type Operation } from './operation.js';
import { retryHeaders, timeoutHeaders } from './parameters.js';

type Described = Omit<Operation, 'path' | 'tag'>;

/** What a model has, on both of its paths. */
function ofModel(suffix: string, described: Described): Operation[] {
  return modelPaths(suffix).map((path, index) => ({
    ...described,
    path,
    tag: 'v2',
    id: index === 0 ? described.id : `${described.id}OfVersion`,
  }));
}

const inferHeaders = timeoutHeaders.extend({
  [headerLengthName]: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'Bytes of the JSON; after them come binary tensors. Without it the whole body is JSON.' }),
});

const empty = { description: 'It is done. The body is empty.' };

/** A part of the JSON that the description of a body takes for granted. */
const imageInput = { name: 'image', datatype: 'BYTES', shape: [1], data: [examplePicture] };

export const v2Operations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v2',
    id: 'v2Server',
    tag: 'v2',
    summary: 'Name, version and extensions of the server',
    answers: { 200: jsonAnswer('The server.', serverMetadataSchema) },
  },
  {
    method: 'get',
    path: '/v2/health/live',
    id: 'v2Live',
    tag: 'v2',
    summary: 'Whether the server listens',
    answers: { 200: jsonAnswer('It does.', serverLiveSchema) },
  },
  {
    method: 'get',
    path: '/v2/health/ready',
    id: 'v2Ready',
    tag: 'v2',
    summary: 'Whether every preloaded model is ready',
    answers: {
      200: jsonAnswer('All are ready.', serverReadySchema),
      503: jsonAnswer('Not all are ready, or the server ends.', serverReadySchema, retryHeaders),
    },
  },
  {
    method: 'get',
    path: '/v2/models/stats',
    id: 'v2AllStatistics',
    tag: 'v2',
    summary: 'What all models have done',
    answers: { 200: jsonAnswer('Since the start of the server.', statisticsSchema) },
  },
  ...ofModel('', {
    method: 'get',
    id: 'v2Model',
    summary: 'What a model takes and gives',
    headers: timeoutHeaders,
    answers: { 200: jsonAnswer('Its tensors.', modelMetadataSchema) },
    errors: [...servingErrors, 'ERR_PARAMETER_INVALID'],
  }),
  ...ofModel('/config', {
    method: 'get',
    id: 'v2Config',
    summary: "How a model runs, in the shape of Triton's configuration",
    headers: timeoutHeaders,
    answers: { 200: jsonAnswer('Its configuration.', modelConfigSchema) },
    errors: [...servingErrors, 'ERR_PARAMETER_INVALID'],
  }),
  ...ofModel('/ready', {
    method: 'get',
    id: 'v2ModelReady',
    summary: 'Whether a model is ready',
    answers: {
      200: jsonAnswer('It is ready.', modelReadySchema),
      503: jsonAnswer('It is not ready, or the server ends.', modelReadySchema, retryHeaders),
    },
  }),
  ...ofModel('/stats', {
    method: 'get',
    id: 'v2Statistics',
    summary: 'What a model has done',
    answers: { 200: jsonAnswer('Since the start of the server.', statisticsSchema) },
  }),
  ...ofModel('/infer', {
    method: 'post',
    id: 'v2Infer',
    summary: 'Scores for a tensor, or for encoded pictures',
    description:
      "One input: the model's own tensor, prepared by the client, or `image`, a BYTES tensor of encoded pictures. JSON " +
      'has BYTES as base64; binary tensors come after the JSON, whose length the header tells.',
    headers: inferHeaders,
    body: {
      description: 'JSON, and binary tensors after it. No Content-Type is needed.',
      required: true,
      content: {
        'application/json': {
          schema: inferRequestSchema,
          examples: {
            scores: {
              summary: 'Probabilities for one picture',
              value: { inputs: [imageInput], parameters: { function_to_apply: 'softmax' } },
            },
            classes: {
              summary: 'The best three classes',
              value: {
                id: 'one',
                inputs: [imageInput],
                outputs: [{ name: 'logits', parameters: { classification: 3 } }],
              },
            },
          },
        },
        'application/octet-stream': { schema: z.any().meta({ override: {}, description: 'JSON and binary tensors.' }) },
      },
    },
    answers: {
      200: {
        description: 'The scores; in binary where that was asked for.',
        headers: z.object({
          Vary: z.string(),
          [headerLengthName]: z.int().min(1).optional().describe('Bytes of the JSON; after them come binary tensors.'),
        }),
        content: {
          'application/json': { schema: inferAnswerSchema },
          'application/octet-stream': { schema: z.any().meta({ override: {} }) },
        },
      },
    },
    errors: [...imageErrors, ...servingErrors, ...bodyErrors, 'ERR_PARAMETER_INVALID'],
  }),
  {
    method: 'post',
    path: '/v2/repository/index',
    id: 'v2Index',
    tag: 'v2',
    summary: 'All models and their states',
    body: {
      content: {
        'application/json': { schema: repositoryIndexRequestSchema, examples: { ready: { value: { ready: true } } } },
      },
    },
    answers: { 200: jsonAnswer('The models.', repositoryIndexSchema) },
    errors: [...bodyErrors, 'ERR_PARAMETER_INVALID'],
  },
  {
    method: 'post',
    path: '/v2/repository/models/:name/load',
    id: 'v2Load',
    tag: 'v2',
    summary: 'Load a model, and wait until it is ready',
    body: {
      content: { 'application/json': { schema: repositoryLoadRequestSchema, examples: { load: { value: {} } } } },
    },
    answers: { 200: empty },
    errors: [...loadingErrors, ...bodyErrors, 'ERR_PARAMETER_INVALID', 'ERR_SERVING_BUSY'],
  },
  {
    method: 'post',
    path: '/v2/repository/models/:name/unload',
    id: 'v2Unload',
    tag: 'v2',
    summary: 'Unload a model and free its memory',
    body: {
      content: { 'application/json': { schema: repositoryUnloadRequestSchema, examples: { unload: { value: {} } } } },
    },
    answers: { 200: empty },
    errors: [...bodyErrors, 'ERR_PARAMETER_INVALID', 'ERR_SERVING_BUSY'],
  },
];
