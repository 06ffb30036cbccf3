import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { type ErrorCode, errorRegistry } from '../../errors/error-registry.js';
import { errorCodeSchema } from '../answers/serving-status-schema.js';
import { requestIdHeader, retryHeaders } from './parameters.js';

/** Body of every answer that is an error; what is told of it besides depends on the code. */
const errorSchema = z
  .looseObject({
    error: z.string().describe('What happened, a sentence.'),
    code: errorCodeSchema,
    remedy: z.string().describe('What to do about it, a sentence.'),
  })
  .meta({ id: 'Error', description: 'Every error. Some codes tell more in fields of their own.' });

/** Headers that errors of a status always have. */
const headersByStatus: Readonly<Record<number, Record<string, z.ZodType>>> = {
  401: { 'WWW-Authenticate': z.string().meta({ examples: ['Bearer'] }) },
  429: retryHeaders,
  503: retryHeaders,
};

/** More codes than these are not explained one by one. */
const mostExplained = 8;

/** The answers that codes are given as, by the status that the registry has for each. */
export function errorAnswers(codes: Iterable<ErrorCode>): Record<string, ZodOpenApiResponseObject> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) {
    const { status } = errorRegistry[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const answers = [...byStatus]
    // Nobody is there any more to read a 499.
    .filter(([status]) => status !== 499)
    .sort(([one], [other]) => one - other)
    .map(([status, ofStatus]) => [String(status), errorAnswer(status, ofStatus)] as const);
  return Object.fromEntries(answers);
}

/** One answer with any of the codes; the same object for the same ones. */
function errorAnswer(status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const key = `${status} ${codes.join()}`;
  const answer = known.get(key) ?? describeAnswer(status, codes);
  known.set(key, answer);
  return answer;
}

const known = new Map<string, ZodOpenApiResponseObject>();

function describeAnswer(status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const [first, ...others] = codes as [ErrorCode, ...ErrorCode[]];
  const only = z.looseObject({ code: others.length === 0 ? z.literal(first) : z.enum([first, ...others]) });
  return {
    description: explain(codes),
    headers: z.object({ ...headersByStatus[status], ...requestIdHeader }),
    content: { 'application/json': { schema: z.intersection(errorSchema, only) } },
    id: componentName(status, codes),
  };
}

/** Name of the component that it is, since many routes answer the same: the code, or else the number of the choice. */
function componentName(status: number, codes: readonly ErrorCode[]): string {
  const [first, ...others] = codes as [ErrorCode, ...ErrorCode[]];
  if (others.length === 0) return `${status}_${first}`;
  const earlier = [...known.values()].filter(({ id }) => id?.startsWith(`${status}_choice_`));
  return `${status}_choice_${earlier.length + 1}`;
}

function explain(codes: readonly ErrorCode[]): string {
  const [first, ...others] = codes as [ErrorCode, ...ErrorCode[]];
  if (others.length === 0) return errorRegistry[first].meaning;
  if (codes.length > mostExplained) {
    return 'A failure of the server, or of what it needs for the model: one of the codes of the schema.';
  }
  return codes.map((code) => `- \`${code}\`: ${errorRegistry[code].meaning}`).join('\n');
}
