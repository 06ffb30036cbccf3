import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { jsonAnswer, type Operation } from './operation.js';

const etagHeader = { ETag: z.string().describe('Changes with the content.') };
const htmlContent = { 'text/html': { schema: z.string() } };
const unchanged: ZodOpenApiResponseObject = { description: 'It is the one that If-None-Match names.' };

/** What GET / tells those who prefer JSON to a page. */
const serverSchema = z.object({
  name: z.string(),
  version: z.string(),
  models: z.string().describe('Path of the list of servings.'),
  openapi: z.string().describe('Path of this document.'),
});

export const pageOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    tag: 'documents',
    summary: 'This document',
    answers: {
      200: jsonAnswer('An OpenAPI 3.1 document.', z.looseObject({ openapi: z.string() }), etagHeader),
      304: unchanged,
    },
  },
  {
    method: 'get',
    path: '/docs',
    id: 'docs',
    tag: 'documents',
    summary: 'A page to read and to try the API',
    answers: { 200: { description: 'HTML.', content: htmlContent, headers: z.object(etagHeader) }, 304: unchanged },
    errors: ['ERR_PAGE_MISSING'],
  },
  {
    method: 'get',
    path: '/',
    id: 'page',
    tag: 'documents',
    summary: 'A page to classify pictures with',
    description: 'For those who prefer it, a few words of JSON.',
    answers: {
      200: {
        description: 'The page, or where it is.',
        content: { ...htmlContent, 'application/json': { schema: serverSchema } },
      },
      304: unchanged,
    },
    errors: ['ERR_PAGE_MISSING'],
  },
];
