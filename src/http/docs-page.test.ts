import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeServing } from './fake-serving.test-support.js';
import { pageSecurityPolicy } from './security/page-headers.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

describe('the page of the API', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp([new FakeServing()]);
  });
  afterAll(() => app.stop());
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(app.url + path, init);

  it('is at /docs, and allows nothing from elsewhere and nothing that stands in itself', async () => {
    const answer = await get('/docs');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('Content-Security-Policy')).toBe(pageSecurityPolicy);
    const text = await answer.text();
    expect(text).not.toContain('{{');
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  it('consists of parts that are there', async () => {
    const text = await (await get('/docs')).text();
    const paths = [...text.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(paths).toHaveLength(4);
    for (const path of paths) {
      const part = await get(`/${path}`);
      expect([part.status, part.headers.get('Cache-Control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
  });

  it('is sent only where it has changed, and answers HEAD', async () => {
    const head = await get('/docs', { method: 'HEAD' });
    const tag = head.headers.get('ETag') ?? '';
    const again = await get('/docs', { headers: { 'If-None-Match': tag, 'Cache-Control': 'max-age=0' } });
    expect([head.status, again.status]).toEqual([200, 304]);
  });

  it('is found with a slash at the end too, where what it refers to would not be', async () => {
    const answer = await get('/docs/', { redirect: 'manual' });
    expect([answer.status, answer.headers.get('Location')]).toEqual([308, '../docs']);
    expect((await get('/docs/')).url).toBe(`${app.url}/docs`);
  });

  it('takes GET and HEAD alone', async () => {
    const answer = await get('/docs', { method: 'POST' });
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
  });
});
