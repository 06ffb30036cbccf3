import type { Request } from 'express';
import type { z } from 'zod';
import { HornetError } from '../errors/hornet-error.js';

/** @throws ERR_PARAMETER_INVALID naming every query parameter that is not allowed */
export function checkQuery<T>(schema: z.ZodType<T>, request: Request): T {
  return check(schema, request.query, 'query parameter');
}

/**
 * A JSON object in a body, whatever the Content-Type says; an empty body is an empty object.
 * @throws ERR_REQUEST_INVALID when it is no JSON, ERR_PARAMETER_INVALID naming every field that is not allowed
 */
export function checkJson<T>(schema: z.ZodType<T>, body: Buffer): T {
  let value: unknown = {};
  try {
    if (body.length > 0) value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new HornetError('ERR_REQUEST_INVALID', 'The body is not JSON.', { cause: error });
  }
  return check(schema, value, 'field of the body');
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new HornetError('ERR_PARAMETER_INVALID', `A ${what} is not allowed: ${problems.join('; ')}.`);
}
