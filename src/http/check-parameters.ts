import type { Request } from 'express';
import { z } from 'zod';
import { HornetError } from '../errors/hornet-error.js';
import { parseSafely } from '../schema/parse-safely.js';
import { parseJson } from './body/parse-json.js';

/**
 * An integer in a query, where everything is text: digits and nothing else. What Number() makes of other texts, such as 0
 * of an empty one, is not what their senders meant.
 */
export function queryInteger(min: number, max: number): z.ZodType<number, unknown> {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    z.int().min(min).max(max),
  );
}

/** @throws ERR_PARAMETER_INVALID naming every query parameter that is not allowed */
export function checkQuery<T>(schema: z.ZodType<T>, request: Request): T {
  return checkValue(schema, request.query, 'query parameter');
}

/**
 * A JSON object in a body, whatever the Content-Type says; an empty body is an empty object.
 * @throws ERR_REQUEST_INVALID when it is no JSON, ERR_PARAMETER_INVALID naming every field that is not allowed
 */
export function checkJson<T>(schema: z.ZodType<T>, body: Buffer): T {
  const value = body.length > 0 ? parseJson(body) : {};
  return checkValue(schema, value, 'field of the body');
}

/** Most problems that are told, and the length of each: a client may send thousands of fields. */
const [maxProblems, maxLength] = [5, 200];

/**
 * The value as its schema says.
 * @param what it is, for the message: `query parameter`, `field of the body`
 * @throws ERR_PARAMETER_INVALID naming what is not allowed
 */
export function checkValue<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = parseSafely(schema, value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, maxProblems)
    .map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
    .map((problem) => (problem.length > maxLength ? `${problem.slice(0, maxLength)}...` : problem));
  throw new HornetError('ERR_PARAMETER_INVALID', `A ${what} is not allowed: ${problems.join('; ')}.`);
}
