import { z } from 'zod';
import 'zod-openapi';

/** Schemas of what stands in paths as `:name`. */
export const pathParameters: Readonly<Record<string, z.ZodType>> = {
  name: z.string().min(1).meta({ description: 'Name of a serving, as GET /models lists it.', example: 'digits' }),
  version: z.literal('1').meta({ description: 'Version of the model; there is one.', example: '1' }),
};

/** The header X-Timeout-Ms of requests that wait for something. */
export const timeoutHeaders: z.ZodObject = z.object({
  'X-Timeout-Ms': z
    .number()
    .gt(0)
    .optional()
    .meta({ description: "A shorter deadline than the server's, ms.", example: 10_000 }),
});

/** On every answer. */
export const requestIdHeader: Record<string, z.ZodType> = {
  'X-Request-Id': z.string().meta({
    description: "The request's own, or a new one; the access log has it too.",
    header: { id: 'X-Request-Id' },
  }),
};

/** Of answers to requests that are worth sending again. */
export const retryHeaders: Record<string, z.ZodType> = {
  'Retry-After': z
    .int()
    .min(1)
    .meta({ description: 'Seconds after which to try again.', header: { id: 'Retry-After' } }),
};
