import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Express } from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../logging/create-logger.js';
import { FakeServing } from '../fake-serving.test-support.js';
import { routesOf } from '../openapi/routes-of.test-support.js';
import { type RunningApp, startApp } from '../start-app.test-support.js';
import { routeScopes } from './route-scopes.js';
import { ServerTokens } from './server-tokens.js';

const all = 'all-0123456789abcdef';
const tokensOf = (token = all): ServerTokens =>
  new ServerTokens({ token, tokenFile: '', log: silentLogger, clock: { after: () => () => {} } });
/** One token for each scope, as a file could have them. */
const scoped = {
  required: true,
  scopesOf: (value: string) =>
    new Set(value === 'reader' ? ['infer' as const] : value === 'boss' ? ['control' as const] : []),
};
const open: RunningApp[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.stop()));
});
async function start(options: Parameters<typeof startApp>[1] = {}): Promise<RunningApp & { serving: FakeServing }> {
  const serving = new FakeServing();
  const app = await startApp([serving], options);
  open.push(app);
  return { ...app, serving };
}
const appOf = ({ http }: RunningApp): Express => http.listeners('request')[0] as Express;

/** A path without the names of its parameters. */
const shape = (path: string): string => path.replace(/([:*])\w+/g, '$1');
const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });
async function ask(url: string, init: RequestInit = {}): Promise<[number, string | undefined, Headers]> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const code = text.startsWith('{') ? (JSON.parse(text) as { code?: string }).code : undefined;
  return [answer.status, code, answer.headers];
}
/** With headers that fetch does not let one send. */
async function askRaw(url: string, method: string, headers: Record<string, string>): Promise<[number, string?]> {
  const request = httpRequest(url, { method, headers, agent: false }).end();
  const [answer] = await once(request, 'response');
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  return [answer.statusCode, text.startsWith('{"error') ? JSON.parse(text).code : undefined];
}

describe('routes and tokens', () => {
  it('has a scope for every route of the server', async () => {
    const routes = routesOf(appOf(await start()));
    expect(routes.length).toBeGreaterThan(30);
    const table = new Map(Object.entries(routeScopes).map(([path, methods]) => [shape(path), methods]));
    const missing = routes.filter((route) => {
      const [method = '', path = ''] = route.split(' ');
      return !Object.keys(table.get(shape(path)) ?? {}).includes(method.toUpperCase());
    });
    expect(missing, 'routes that are not in route-scopes.ts').toEqual([]);
  });

  it('opens to nobody what is in no table, and to those with the scope control', async () => {
    const app = await start({ tokens: scoped });
    for (const [path, method] of [
      ['/nowhere', 'GET'],
      ['/classify', 'DELETE'],
      ['/health/live', 'POST'],
      ['/models/cats/load/', 'POST'],
      ['/MODELS/cats/LOAD', 'POST'],
      ['//models/cats/load', 'POST'],
      ['/models/cats/%6coad', 'POST'],
      ['/health/../models/cats/unload', 'POST'],
      ['/models/..%2f..%2fhealth/load', 'POST'],
    ] as const) {
      expect((await ask(app.url + path, { method })).slice(0, 2), path).toEqual([401, 'ERR_UNAUTHORIZED']);
      const reader = await ask(app.url + path, { method, headers: bearer('reader') });
      expect(reader.slice(0, 2), path).toEqual([403, 'ERR_FORBIDDEN']);
    }
    expect((await ask(`${app.url}/nowhere`, { headers: bearer('boss') }))[0]).toBe(404);
    expect((await ask(`${app.url}/classify`, { method: 'DELETE', headers: bearer('boss') }))[0]).toBe(405);
    expect(app.serving.loads).toHaveLength(0);
  });

  it('leaves probes and the page open, and asks for a token everywhere else', async () => {
    const { url } = await start({ tokens: scoped });
    for (const path of ['/health/live', '/health/ready', '/models/cats/ready', '/HEALTH/live/']) {
      expect((await ask(url + path))[0], path).toBe(200);
    }
    for (const path of [
      '/',
      '/assets/page.js',
      '/openapi.json',
      '/docs',
      '/docs/',
      '/v2/health/ready',
      '/v2/models/m/ready',
    ]) {
      const [status] = await ask(url + path);
      expect([401, 403], path).not.toContain(status);
    }
    for (const path of [
      '/models',
      '/models/cats',
      '/status',
      '/metrics',
      '/events',
      '/v2',
      '/v2/models/m',
      '/assets',
    ]) {
      const [status, code, headers] = await ask(url + path);
      expect([status, code, headers.get('WWW-Authenticate')], path).toEqual([401, 'ERR_UNAUTHORIZED', 'Bearer']);
    }
    expect((await ask(`${url}/health/live`, { method: 'HEAD' }))[0]).toBe(200);
    expect((await ask(`${url}/models`, { method: 'HEAD' }))[0]).toBe(401);
    expect((await ask(`${url}/models/%zz`))[0]).toBe(400);
  });

  it('knows what a token is good for', async () => {
    const { url, serving } = await start({ tokens: scoped });
    expect((await ask(`${url}/models`, { headers: bearer('reader') }))[0]).toBe(200);
    expect((await ask(`${url}/models`, { headers: bearer('boss') })).slice(0, 2)).toEqual([403, 'ERR_FORBIDDEN']);
    const refused = await fetch(`${url}/models/cats/load`, { method: 'POST', headers: bearer('reader') });
    expect(refused.headers.get('WWW-Authenticate')).toContain('scope="control"');
    expect(await refused.json()).toMatchObject({ error: expect.stringContaining('"control"'), scope: 'control' });
    expect((await ask(`${url}/v2/repository/models/cats/load`, { method: 'POST', headers: bearer('reader') }))[0]).toBe(
      403,
    );
    expect((await ask(`${url}/models/cats/load`, { method: 'POST', headers: bearer('boss') }))[0]).toBe(202);
    expect(serving.loads).toHaveLength(1);
  });

  it.each([
    [`Bearer ${all}`, 200],
    [`bearer ${all}`, 200],
    [`BEARER   ${all} `, 200],
    [`Bearer ${all}x`, 401],
    [`Bearer ${all.slice(1)}`, 401],
    [`Bearer ${all}, Bearer ${all}`, 401],
    ['Bearer', 401],
    ['Bearer undefined', 401],
    [`Basic ${all}`, 401],
    [`xBearer ${all}`, 401],
    [all, 401],
  ])('takes the header "%s" for %i', async (authorization, status) => {
    const { url } = await start({ tokens: tokensOf() });
    expect(await askRaw(`${url}/models`, 'GET', { Authorization: authorization })).toEqual([
      status,
      status === 200 ? undefined : 'ERR_UNAUTHORIZED',
    ]);
  });

  it('refuses before it reads or asks for the body, and keeps the connection', async () => {
    const { http, serving } = await start({ tokens: tokensOf() });
    const client = connect((http.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
    let text = '';
    client.on('data', (data: string) => {
      text += data;
    });
    const refusal = /^HTTP\/1.1 401 [\s\S]*ERR_UNAUTHORIZED/;
    for (const sent of ['', '\0'.repeat(800_000)]) {
      client.write(`${sent}POST /classify HTTP/1.1\r\nHost: a\r\nContent-Length: 800000\r\n\r\n`);
      await expect.poll(() => text).toMatch(refusal);
      expect(text).not.toContain('Connection: close');
      text = '';
    }
    client.write(
      `${'\0'.repeat(800_000)}POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n`,
    );
    await expect.poll(() => text).toMatch(refusal);
    client.destroy();
    expect(serving.bytes).toEqual([]);
  });

  it('marks every answer as not to be stored and not to be guessed at', async () => {
    const { url, drain } = await start({ tokens: scoped });
    const marksOf = async (path: string, init: RequestInit = {}): Promise<unknown[]> => {
      const [status, , headers] = await ask(url + path, { headers: bearer('reader'), ...init });
      return [status, headers.get('X-Content-Type-Options'), headers.get('Cache-Control')];
    };
    expect(await marksOf('/health/live')).toEqual([200, 'nosniff', 'no-store']);
    expect(await marksOf('/models')).toEqual([200, 'nosniff', 'no-store']);
    expect(await marksOf('/nowhere')).toEqual([403, 'nosniff', 'no-store']);
    drain();
    expect(await marksOf('/classify', { method: 'POST' })).toEqual([503, 'nosniff', 'no-store']);
  });
});

describe('pages of other origins', () => {
  const preflight = (origin: string): RequestInit => ({
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization,content-type,x-timeout-ms',
    },
  });

  it('may not use the server unless they are configured', async () => {
    const { url } = await start();
    const [status, , headers] = await ask(`${url}/classify`, preflight('https://app.example'));
    expect(status).toBe(403);
    expect(headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect((await ask(`${url}/models`, { headers: { Origin: 'https://app.example' } }))[2].get('Vary')).toBeNull();
  });

  it('may where they are configured, and ask first without a token', async () => {
    const { url } = await start({ tokens: tokensOf(), corsOrigins: ['https://app.example', 'http://localhost:5173'] });
    const [status, , headers] = await ask(`${url}/classify`, preflight('https://app.example'));
    expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([204, 'https://app.example']);
    for (const name of ['Authorization', 'Content-Type', 'X-Timeout-Ms', 'X-Request-Id', 'Content-Encoding']) {
      expect(headers.get('Access-Control-Allow-Headers')).toContain(name);
    }
    const [, , refused] = await ask(`${url}/models`, { headers: { Origin: 'http://localhost:5173' } });
    expect(refused.get('Access-Control-Allow-Origin')).toBe('http://localhost:5173');
    expect(refused.get('Access-Control-Expose-Headers')).toMatch(/Server-Timing.*Retry-After.*X-Request-Id/);
    expect(refused.get('Vary')).toContain('Origin');
    for (const origin of ['https://app.example.evil.example', 'http://app.example', 'null']) {
      const [, , other] = await ask(`${url}/classify`, preflight(origin));
      expect(other.get('Access-Control-Allow-Origin'), origin).toBeNull();
    }
    expect((await ask(`${url}/classify`, { method: 'OPTIONS' }))[0]).toBe(401);
  });

  it('are refused as all are where their first question is framed in a way of its own', async () => {
    const { url } = await start({ corsOrigins: ['https://app.example'] });
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST', Expect: 'miracles' };
    expect(await askRaw(`${url}/classify`, 'OPTIONS', headers)).toEqual([417, 'ERR_EXPECTATION_FAILED']);
  });

  it('may all where that is configured, without cookies', async () => {
    const { url } = await start({ corsOrigins: ['*'] });
    const headers = { Origin: 'https://app.example', 'Sec-Fetch-Site': 'cross-site' };
    expect((await ask(`${url}/models/cats/load`, { method: 'POST', headers }))[0]).toBe(202);
    const [, , answer] = await ask(`${url}/models`, { headers });
    expect(answer.get('Access-Control-Allow-Origin')).toBe('*');
    expect(answer.get('Access-Control-Allow-Credentials')).toBeNull();
  });

  // What browsers send without asking first, as from a form, and what they say of it.
  it.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    ['another port of this machine', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:1' }],
    ['another site, of a browser that says less', { Origin: 'https://evil.example' }],
    ['a frame or file without an origin', { Origin: 'null' }],
    ['another port, of a browser that says less', { Origin: 'http://127.0.0.1:1' }],
  ])('cannot make the server do anything by a simple request: %s', async (_, headers) => {
    const app = await start();
    for (const path of ['/models/cats/unload', '/models/cats/load', '/classify', '/']) {
      expect(await askRaw(app.url + path, 'POST', headers), path).toEqual([403, 'ERR_ORIGIN_FORBIDDEN']);
    }
    expect((await askRaw(`${app.url}/models`, 'GET', headers))[0]).toBe(200);
    expect([app.serving.loads, app.serving.unloads]).toEqual([[], []]);
  });

  it.each([
    ['its own page', { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost:3000', Host: 'localhost:3000' }],
    ['its own page, of a browser that says less', { Origin: 'http://[::1]', Host: '[::1]:80' }],
    [
      'its own page behind a proxy',
      { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://a.example', Host: '127.0.0.1' },
    ],
    ['somebody who types the address', { 'Sec-Fetch-Site': 'none' }],
    ['no browser', {}],
    ['no browser, by any name', { Host: 'hornet.example' }],
  ])('are not %s', async (_, headers) => {
    const { url } = await start();
    expect(await askRaw(`${url}/models/cats/load`, 'POST', headers)).toEqual([202, undefined]);
  });

  it('cannot control servings by a name that they had pointed to this machine', async () => {
    const { url, serving } = await start();
    const rebound = { Origin: 'http://evil.example:3000', Host: 'evil.example:3000' };
    for (const path of ['/models/cats/load', '/models/cats/unload', '/v2/repository/models/cats/unload', '/nowhere']) {
      expect(await askRaw(url + path, 'POST', rebound), path).toEqual([403, 'ERR_ORIGIN_FORBIDDEN']);
    }
    const noHost = { ...rebound, Host: '\u00d0\u009f' };
    expect(await askRaw(`${url}/models/cats/load`, 'POST', noHost)).toEqual([403, 'ERR_ORIGIN_FORBIDDEN']);
    expect([serving.loads, serving.unloads]).toEqual([[], []]);
    const named = await start({ corsOrigins: ['http://hornet.example'] });
    const own = { Origin: 'http://hornet.example', Host: 'hornet.example' };
    expect((await askRaw(`${named.url}/models/cats/load`, 'POST', own))[0]).toBe(202);
  });
});
