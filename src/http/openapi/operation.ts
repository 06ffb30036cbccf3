import { z } from 'zod';
import type { ZodOpenApiRequestBodyObject, ZodOpenApiResponseObject } from 'zod-openapi';
import type { ErrorCode } from '../../errors/error-registry.js';

/** Groups of operations, in the order in which they are shown. */
export const tags = {
  classify: 'Pictures in, labels out.',
  models: 'The servings and their states.',
  health: 'Probes for load balancers and orchestrators; open without a token.',
  control: 'Loads, exchanges and unloads models.',
  operations: 'What whoever runs the server wants to know.',
  v2: 'Open Inference Protocol v2, for clients of Triton and KServe.',
  documents: 'This document, and pages for browsers; open without a token.',
} as const;

export type Tag = keyof typeof tags;

/** One route and method, as a few lines beside its schemas. */
export interface Operation {
  readonly method: 'get' | 'post';
  /** As Express has it: `/models/:name`. */
  readonly path: string;
  readonly id: string;
  readonly tag: Tag;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  /** Schema that the query is checked with. */
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: ZodOpenApiRequestBodyObject;
  /** Answers that are no errors, by status. */
  readonly answers: Readonly<Record<number, ZodOpenApiResponseObject>>;
  /** Codes of this route; those that every route can answer with are added. */
  readonly errors?: readonly ErrorCode[];
}

/** An answer of JSON. */
export function jsonAnswer(
  description: string,
  schema: z.ZodType,
  headers: Record<string, z.ZodType> = {},
): ZodOpenApiResponseObject {
  return { description, content: { 'application/json': { schema } }, headers: z.object(headers) };
}
