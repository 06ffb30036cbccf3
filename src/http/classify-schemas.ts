import { z } from 'zod';
import { activations } from '../onnx/graph-info.js';
import { queryInteger } from './check-parameters.js';

const topKAbout = { description: 'Labels per image, best first; default HORNET_TOP_K.' };
const [minTopK, maxTopK] = [1, 100_000];

const functionToApply = z
  .enum(activations)
  .meta({ description: "What is applied to the scores; default what the model's files say." });

/** Query of the classify routes. Others than these are ignored: clients keep the queries of their endpoint's URL. */
export const classifyQuerySchema = z.object({
  top_k: queryInteger(minTopK, maxTopK).meta(topKAbout).optional(),
  function_to_apply: functionToApply.optional(),
});

/** Fields of a form beside its files; none but these. */
export const classifyFieldsSchema = z.strictObject(classifyQuerySchema.shape);

/** Parameters in a JSON body; none but these. Null is the same as nothing: clients send what was not set as null. */
export const classifyParametersSchema = z.strictObject({
  top_k: z.int().min(minTopK).max(maxTopK).meta(topKAbout).nullish(),
  function_to_apply: functionToApply.nullish(),
});

const image = z.string().meta({
  description: 'An image file in base64 (standard or URL-safe alphabet, with or without padding), or as a data: URL.',
});

/** JSON body of the classify routes. Fields beside these are ignored, as Hugging Face's older `options` are. */
export const classifyBodySchema = z.looseObject({
  inputs: z
    .union([image, z.array(image).min(1)], {
      error: ({ input }) =>
        input === undefined
          ? 'Required: an image in base64, or a list of such'
          : 'Expected an image in base64, or a list of at least one such',
    })
    .meta({ description: 'One image, or several: then the answer is a list, in their order.' }),
  parameters: classifyParametersSchema.nullish(),
});

/** Answer to one image: labels with their scores, best first. */
const labelScoresSchema = z.array(z.object({ label: z.string(), score: z.number() }));

/** Answer of the classify routes: to one image, or to a list of images, in their order. */
export const classifyAnswerSchema = z.union([labelScoresSchema, z.array(labelScoresSchema)]);

/** What a request may choose, as named over HTTP. */
export type ClassifyParameters = z.infer<typeof classifyQuerySchema>;
