import { z } from 'zod';
import type { ZodOpenApiRequestBodyObject } from 'zod-openapi';
import {
  classifyAnswerSchema,
  classifyBodySchema,
  classifyFieldsSchema,
  classifyQuerySchema,
} from '../classify-schemas.js';
import { bodyErrors, imageErrors, servingErrors } from './error-groups.js';
import { examplePicture } from './example-picture.js';
import { jsonAnswer, type Operation } from './operation.js';
import { timeoutHeaders } from './parameters.js';

/** Kinds of pictures that are taken; with any other Content-Type they are as good, the bytes decide. */
const pictureTypes = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/tiff',
  'application/octet-stream',
] as const;

/** The bytes of one picture. OpenAPI 3.1 describes what is no text by the media type alone. */
const bytesSchema = z.any().meta({ override: {}, description: 'The bytes of one picture.' });

const formSchema = classifyFieldsSchema.extend({
  file: z
    .array(z.string().meta({ contentMediaType: 'application/octet-stream' }))
    .min(1)
    .meta({ description: 'One picture or several, under any name: of two or more the answer is a list.' }),
});

const body: ZodOpenApiRequestBodyObject = {
  description:
    'One picture, or in JSON or a form also several. What it is, is told by its bytes; the Content-Type is needed for ' +
    'the boundary of a form only.',
  required: true,
  content: {
    ...Object.fromEntries(pictureTypes.map((type) => [type, { schema: bytesSchema }])),
    'application/json': {
      schema: classifyBodySchema,
      examples: {
        one: { summary: 'One picture', value: { inputs: examplePicture, parameters: { top_k: 3 } } },
        several: { summary: 'Two pictures', value: { inputs: [examplePicture, examplePicture] } },
      },
    },
    'text/plain': {
      schema: z.string().meta({ description: 'One picture in base64.' }),
      examples: { one: { summary: 'One picture', value: examplePicture } },
    },
    'multipart/form-data': { schema: formSchema },
  },
};

const serverTimingHeader = {
  'Server-Timing': z.string().meta({
    description: 'Ms in each stage.',
    example: 'decode;dur=0.61, preprocess;dur=0.12, queue;dur=0.04, inference;dur=0.35',
  }),
};

/** The same on every path. */
function classify(path: string, id: string, summary: string): Operation {
  return {
    method: 'post',
    path,
    id,
    tag: 'classify',
    summary,
    description:
      'One picture is answered by its labels, a list of pictures by a list of those, in their order. If one of them ' +
      'fails, the request fails with the error of that one, and `index` tells which it is. Parameters in the body win ' +
      'over those in the query.',
    query: classifyQuerySchema,
    headers: timeoutHeaders,
    body,
    answers: { 200: jsonAnswer('The labels.', classifyAnswerSchema, serverTimingHeader) },
    errors: [...imageErrors, ...servingErrors, ...bodyErrors, 'ERR_PARAMETER_INVALID'],
  };
}

export const classifyOperations: readonly Operation[] = [
  classify('/classify', 'classify', 'Classify with the default serving'),
  classify('/models/:name/classify', 'classifyWith', 'Classify with a serving'),
  classify('/', 'infer', "The same as POST /classify, where clients of Hugging Face's endpoints look for it"),
  classify('/models/:name', 'inferWith', 'The same as POST /models/{name}/classify'),
];
