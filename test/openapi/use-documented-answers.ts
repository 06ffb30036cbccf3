import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { openApiDocument } from '../../src/http/openapi/openapi-document.js';
import { DocumentedAnswers } from './documented-answers.js';

/**
 * Holds every answer that a test gets by fetch against the OpenAPI document; one that is not as documented fails its
 * test.
 * @param secured whether the servers of these tests have tokens
 */
export function useDocumentedAnswers({ secured = false } = {}): void {
  const original = globalThis.fetch;
  const checks: Promise<readonly string[]>[] = [];
  beforeAll(() => {
    const answers = new DocumentedAnswers(openApiDocument({ secured }));
    globalThis.fetch = async (input, init) => {
      const response = await original(input, init);
      const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
      const { pathname } = new URL(response.url);
      const isStream = response.headers.get('Content-Type')?.startsWith('text/event-stream') === true;
      const { status, headers } = response;
      const copy = isStream ? undefined : response.clone();
      checks.push(
        (copy?.text() ?? Promise.resolve('')).then(
          (body) => (isStream ? [] : answers.problems({ method, path: pathname, status, headers, body })),
          // The test, or the server that it ends, has broken it off.
          () => [],
        ),
      );
      return response;
    };
  });
  afterEach(async () => {
    const problems = await Promise.all(checks.splice(0));
    expect(problems.flat()).toEqual([]);
  });
  afterAll(() => {
    globalThis.fetch = original;
  });
}
