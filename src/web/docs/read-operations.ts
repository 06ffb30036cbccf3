import type { ApiDocument, ApiOperation } from './openapi-types.js';

/** One route and method, with what it refers to in its place. */
export interface ReadOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: ApiOperation;
}

/** Operations that belong together. */
export interface OperationGroup {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly ReadOperation[];
}

/** The operations of a document by their first tag, in the order of the tags; those without any come last. */
export function readOperations(document: ApiDocument): OperationGroup[] {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation: resolved(operation, document) as ApiOperation,
    })),
  );
  const tags = [...(document.tags ?? []), { name: 'other' }];
  return tags
    .map((tag) => ({
      name: tag.name,
      description: 'description' in tag ? (tag.description ?? '') : '',
      operations: all.filter(({ operation }) => (operation.tags?.[0] ?? 'other') === tag.name),
    }))
    .filter(({ operations }) => operations.length > 0);
}

/** A copy with what `$ref` refers to in its place; where something refers to itself, the `$ref` stays. */
export function resolved(value: unknown, document: object, within: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((entry) => resolved(entry, document, within));
  if (value === null || typeof value !== 'object') return value;
  if ('$ref' in value && typeof value.$ref === 'string') {
    const { $ref: reference } = value;
    if (within.includes(reference) || !reference.startsWith('#/')) return value;
    return resolved(at(document, reference), document, [...within, reference]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, document, within)]));
}

function at(document: object, reference: string): unknown {
  const keys = reference.slice('#/'.length).split('/');
  return keys.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
}
