import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageVersion } from '../package-info.js';
import { FakeServing } from './fake-serving.test-support.js';
import { readPageFiles } from './page-files.js';
import { pageHeaders, pageSecurityPolicy } from './security/page-headers.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

describe('the page', () => {
  let app: RunningApp;
  beforeEach(async () => {
    app = await startApp([new FakeServing()], { maxBodyBytes: 4321 });
  });
  afterEach(() => app.stop());
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(app.url + path, { method, headers });
  const html = { Accept: 'text/html,*/*;q=0.8' };

  it('is what browsers get at /, with the limit of the server and a policy that allows nothing from elsewhere', async () => {
    const answer = await get('/', html);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(Object.fromEntries(answer.headers)).toMatchObject(
      Object.fromEntries(Object.entries(pageHeaders).map(([name, value]) => [name.toLowerCase(), value])),
    );
    expect(pageSecurityPolicy).not.toContain('unsafe');
    expect(answer.headers.get('Strict-Transport-Security')).toBeNull();
    const text = await answer.text();
    expect(text).toContain('content="4321"');
    expect(text).not.toContain('{{');
    // Neither of these would run under the policy.
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  it('is asked for anew each time, and sent only where it has changed', async () => {
    const first = await get('/', html);
    expect(first.headers.get('Cache-Control')).toBe('no-cache');
    const tag = first.headers.get('ETag') ?? '';
    await first.text();
    // Not by fetch(), which has a cache of its own idea about that header.
    const again = await get('/', { ...html, 'If-None-Match': tag, 'Cache-Control': 'max-age=60' });
    expect(again.status).toBe(304);
  });

  it('answers HEAD, and JSON to those who prefer it', async () => {
    const head = await get('/', html, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    const json = await get('/', { Accept: 'application/json' });
    expect(await json.json()).toEqual({
      name: 'hornet',
      version: packageVersion,
      models: '/models',
      openapi: '/openapi.json',
    });
    expect(json.headers.get('Vary')).toContain('Accept');
  });

  it('leaves POST to inference, and says which methods there are', async () => {
    const answer = await get('/', {}, 'DELETE');
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it('loads parts that may be kept for ever, under a name that changes with them', async () => {
    const text = await (await get('/', html)).text();
    const paths = [...text.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(new Set(paths.map((path) => path.split('/')[1]))).toEqual(new Set([readPageFiles().version]));
    for (const path of paths) {
      const answer = await get(`/${path}`);
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff');
      await answer.arrayBuffer();
    }
  });

  it('gives a page of another version what there is, but not to keep', async () => {
    for (const path of ['/assets/0123456789abcdef/web/main.js', '/assets/web/main.js']) {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([200, 'no-cache']);
      expect(answer.headers.get('Content-Type')).toContain('javascript');
      await answer.text();
    }
  });

  it('gives its parts whole, whatever range is asked for', async () => {
    const answer = await get('/assets/web/main.js', { Range: 'bytes=99999999-' });
    expect([answer.status, (await answer.text()).length > 100]).toEqual([200, true]);
  });

  it.each(['/assets/nothing.js', '/assets/', '/assets/..%2findex.html', '/assets/0123456789abcdef/../../index.html'])(
    'has nothing at %s',
    async (path) => {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([404, 'no-store']);
      expect(await answer.json()).toMatchObject({ code: 'ERR_ROUTE_NOT_FOUND' });
    },
  );

  it('has its parts counted as one route, not each path for itself', async () => {
    await (await get('/assets/web/main.js')).text();
    await expect
      .poll(() => app.metrics.text())
      .toContain('hornet_http_requests_total{route="/assets/*path",method="GET",status="200"} 1');
    expect((await get('/assets/web/main.js', {}, 'POST')).status).toBe(405);
  });

  it('is no use of the server', async () => {
    await (await get('/', html)).text();
    await (await get('/assets/web/main.js')).text();
    expect(app.uses.begun).toBe(0);
  });

  it('says so where its files are missing', () => {
    expect(() => readPageFiles('/nowhere')).toThrow(expect.objectContaining({ code: 'ERR_PAGE_MISSING' }));
  });
});
