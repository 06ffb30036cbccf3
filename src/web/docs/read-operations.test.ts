import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../http/openapi/openapi-document.js';
import { operations } from '../../http/openapi/operations.js';
import type { ApiDocument } from './openapi-types.js';
import { readOperations, resolved } from './read-operations.js';

describe('readOperations', () => {
  it("shows every operation of Hornet's own document once, with nothing that is only referred to", () => {
    const groups = readOperations(openApiDocument({ secured: true }) as unknown as ApiDocument);
    const shown = groups.flatMap((group) => group.operations.map(({ operation }) => operation.operationId));
    expect(new Set(shown)).toEqual(new Set(operations.map(({ id }) => id)));
    expect(shown).toHaveLength(operations.length);
    expect(JSON.stringify(groups)).not.toContain('$ref');
  });

  it('puts operations without a tag last', () => {
    const operation = { operationId: 'a', summary: '', responses: {} };
    const document: ApiDocument = {
      info: { title: '', version: '' },
      tags: [{ name: 'one', description: 'First.' }],
      paths: { '/a': { get: operation }, '/b': { post: { ...operation, operationId: 'b', tags: ['one'] } } },
    };
    expect(readOperations(document)).toMatchObject([
      { name: 'one', description: 'First.', operations: [{ method: 'POST', path: '/b' }] },
      { name: 'other', operations: [{ method: 'GET', path: '/a' }] },
    ]);
  });
});

describe('resolved', () => {
  it('follows references, through escapes and lists, and leaves what refers to itself', () => {
    const document = { 'a/b': { $ref: '#/c' }, c: [{ next: { $ref: '#/c' } }] };
    expect(resolved({ value: { $ref: '#/a~1b' } }, document)).toEqual({ value: [{ next: { $ref: '#/c' } }] });
  });
});
