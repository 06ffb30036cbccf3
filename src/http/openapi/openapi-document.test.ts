import { compileErrors, validate } from '@readme/openapi-parser';
import type { Express } from 'express';
import { describe, expect, it } from 'vitest';
import { errorRegistry } from '../../errors/error-registry.js';
import { packageVersion } from '../../package-info.js';
import { FakeServing } from '../fake-serving.test-support.js';
import { routeScopes } from '../security/route-scopes.js';
import { startApp } from '../start-app.test-support.js';
import { openApiDocument } from './openapi-document.js';
import { operations } from './operations.js';
import { routesOf } from './routes-of.test-support.js';

describe('openApiDocument', () => {
  it.each([false, true])('is valid OpenAPI 3.1 (secured: %s)', async (secured) => {
    const document = JSON.parse(JSON.stringify(openApiDocument({ secured }))) as Parameters<typeof validate>[0];
    const result = await validate(document);
    expect(result.valid ? '' : compileErrors(result)).toBe('');
    expect(document).toMatchObject({ openapi: '3.1.1', info: { version: packageVersion }, servers: [{ url: './' }] });
  });

  it('has every route of the server with its methods, and no other', async () => {
    const app = await startApp([new FakeServing()]);
    try {
      const [listener] = app.http.listeners('request') as [Express];
      const described = operations.map(({ method, path }) => `${method} ${path}`);
      // The files of the pages are nobody's interface.
      const routes = routesOf(listener).filter((route) => route !== 'get /assets/*path');
      expect(
        routes.filter((route) => !described.includes(route)),
        'routes without an operation: see operations.ts',
      ).toEqual([]);
      expect(
        described.filter((route) => !routes.includes(route)),
        'operations without a route',
      ).toEqual([]);
    } finally {
      await app.stop();
    }
  });

  it('gives each operation an id and a tag of its own, and describes its errors by the codes of the registry', () => {
    const ids = operations.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const { paths } = openApiDocument({ secured: false });
    expect(paths?.['/models/{name}/unload']?.post?.responses).toMatchObject({
      200: {},
      404: { $ref: '#/components/responses/404_ERR_SERVING_NOT_FOUND' },
      409: { $ref: '#/components/responses/409_ERR_SERVING_BUSY' },
    });
  });

  it('has every code that a request can be answered with among the errors of an operation', () => {
    const answers = [false, true].map((secured) => JSON.stringify(openApiDocument({ secured }).components?.responses));
    // The answers of paths and methods that no operation has, and of requests whose client has gone.
    const ofNoOperation = new Set(['ERR_ROUTE_NOT_FOUND', 'ERR_METHOD_NOT_ALLOWED', 'ERR_CANCELLED']);
    const missing = Object.entries(errorRegistry)
      .filter(([code, { status }]) => status !== 500 && !ofNoOperation.has(code))
      .filter(([code]) => !answers.some((text) => text.includes(`"${code}"`)))
      .map(([code]) => code);
    expect(missing, 'codes that no operation names: see error-groups.ts').toEqual([]);
  });

  it('asks for a token only where tokens are configured, and there with the scope', () => {
    const security = (secured: boolean): unknown[] => {
      const { paths } = openApiDocument({ secured });
      return ['/models/{name}/load', '/classify'].map((path) => paths?.[path]?.post?.security);
    };
    expect(security(false)).toEqual([undefined, undefined]);
    expect(security(true)).toEqual([[{ bearer: ['control'] }], [{ bearer: ['infer'] }]]);
    expect(openApiDocument({ secured: true }).paths?.['/health/live']?.get?.security).toBeUndefined();
  });
});

describe('routeScopes', () => {
  it('has every operation: one that is not there would be for the few', () => {
    const missing = operations.filter(({ path, method }) => {
      const scopes = routeScopes[path];
      return (method === 'get' ? scopes?.GET : scopes?.POST) === undefined;
    });
    expect(missing).toEqual([]);
  });
});
