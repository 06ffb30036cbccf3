import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import type { ErrorCode } from '../../errors/error-registry.js';
import { packageVersion } from '../../package-info.js';
import { type RouteScope, routeScopes } from '../security/route-scopes.js';
import { errorAnswers } from './error-answers.js';
import { type Operation, tags } from './operation.js';
import { operations } from './operations.js';
import { pathParameters, requestIdHeader } from './parameters.js';

/** What can be read of the document; the rest is its own. */
export type OpenApiDocument = ReturnType<typeof createDocument>;

/** What the document depends on. */
export interface DocumentOptions {
  /** Tokens are configured: operations that want one say so. */
  readonly secured: boolean;
}

const description = `Image classification over HTTP. Every GET route answers HEAD as well.

Errors are always \`{"error", "code", "remedy"}\`, and some codes add fields of their own. A method that a route does
not have is answered 405 with the header Allow, a path without a route 404. 429 and 503 come with Retry-After.`;

/**
 * The OpenAPI document of the server, made of the schemas that requests are checked with and of those of the answers.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openApiDocument({ secured }: DocumentOptions): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describe(operation, secured) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: { title: 'Hornet', version: packageVersion, description, license: { name: 'MIT', identifier: 'MIT' } },
    // Relative to the document: wherever a proxy has put the server.
    servers: [{ url: './' }],
    tags: Object.entries(tags).map(([name, text]) => ({ name, description: text })),
    paths,
    ...(secured
      ? {
          components: {
            securitySchemes: {
              bearer: { type: 'http', scheme: 'bearer', description: 'A token of HORNET_TOKEN or HORNET_TOKEN_FILE.' },
            },
          },
        }
      : {}),
  });
}

function describe(operation: Operation, secured: boolean): ZodOpenApiOperationObject {
  const { id, tag, summary, query, headers, body, path, description: text } = operation;
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, pathParameters[name] as z.ZodType]);
  const scope = scopeOf(operation);
  const restricted = secured && scope !== 'open';
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text === undefined ? {} : { description: text }),
    ...(restricted ? { security: [{ bearer: [scope] }] } : {}),
    requestParams: {
      ...(parameters.length === 0 ? {} : { path: z.object(Object.fromEntries(parameters)) }),
      ...(query === undefined ? {} : { query }),
      ...(headers === undefined ? {} : { header: headers }),
    },
    ...(body === undefined ? {} : { requestBody: body }),
    responses: { ...errorsOf(operation, restricted), ...answersOf(operation) },
  };
}

function answersOf({ answers }: Operation): Record<string, ZodOpenApiResponseObject> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => {
      const headers = answer.headers instanceof z.ZodObject ? answer.headers.shape : {};
      return [status, { ...answer, headers: z.object({ ...headers, ...requestIdHeader }) }];
    }),
  );
}

function errorsOf(
  { errors = [], path, method }: Operation,
  restricted: boolean,
): Record<string, ZodOpenApiResponseObject> {
  const codes: ErrorCode[] = ['ERR_REQUEST_INVALID', 'ERR_HEADERS_TOO_LARGE', 'ERR_REQUEST_TIMEOUT', 'ERR_INTERNAL'];
  codes.push(...errors);
  if (path.includes(':name')) codes.push('ERR_SERVING_NOT_FOUND');
  if (method === 'post') codes.push('ERR_SERVING_CLOSED');
  if (restricted) codes.push('ERR_UNAUTHORIZED', 'ERR_FORBIDDEN');
  else if (method === 'post') codes.push('ERR_ORIGIN_FORBIDDEN');
  return errorAnswers(codes);
}

/** Who may use it; what nobody has entered there is for the few. */
function scopeOf({ path, method }: Operation): RouteScope {
  return routeScopes[path]?.[method === 'get' ? 'GET' : 'POST'] ?? 'control';
}
