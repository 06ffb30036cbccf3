import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorRegistry } from '../errors/error-registry.js';
import type { Classification } from '../serving/model-instance.js';
import { Scrape } from '../telemetry/scrape.test-support.js';
import { aCat, FakeServing } from './fake-serving.test-support.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const words = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text).toString('latin1'));
const segment = fc.oneof(
  words.map((word) => word.replace(/[^\x21-\x7e\xa0-\xff]/g, '-')),
  words.map((word) => encodeURIComponent(word)),
  fc.constantFrom(
    'cats',
    'models',
    'classify',
    'ready',
    'load',
    'unload',
    'health',
    'metrics',
    '..',
    '%ff',
    '__proto__',
  ),
);

const requests: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'SEARCH', 'TRACE'),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
  headers: fc.dictionary(
    fc.constantFrom('X-Request-Id', 'X-Timeout-Ms', 'Content-Type', 'User-Agent'),
    words.map((word) => word.replace(/[^\x20-\x7e]/g, '')),
  ),
  body: fc.string({ maxLength: 20 }),
});

/** Does at once whatever it is asked. */
class InstantServing extends FakeServing {
  override classify(): Promise<Classification> {
    return Promise.resolve(aCat);
  }

  override load(): Promise<void> {
    return Promise.resolve();
  }

  override unload(): Promise<void> {
    return Promise.resolve();
  }

  override replace(): Promise<void> {
    return Promise.resolve();
  }
}

describe('metrics', () => {
  let app: RunningApp;
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });

  beforeEach(async () => {
    app = await startApp([new InstantServing('cats')]);
  });
  afterEach(async () => {
    agent.destroy();
    await app.stop();
  });

  function send({ method, path, headers, body }: Sent): Promise<void> {
    return new Promise((resolve) => {
      const sent = request(new URL(app.url), { method, path, headers, agent }, (answer) => {
        answer.resume().once('end', resolve);
      });
      // What is not HTTP is answered with a body, which this client does not want to see after HEAD.
      sent.once('error', () => resolve()).end(method === 'GET' || method === 'HEAD' ? undefined : body);
    });
  }

  it('have series for what there is, and for nothing that clients make up', async () => {
    const statuses = new Set(['200', '202', '499', ...Object.values(errorRegistry).map(({ status }) => `${status}`)]);
    const codes = new Set(Object.keys(errorRegistry));
    const routes = new Set(['none']);
    const isRoute =
      /^\/(|classify|models|models\/:name(\/(classify|load|unload|ready))?|health\/(live|ready)|status|metrics)$/;
    let most = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: 5, maxLength: 20 }), async (batch) => {
        await Promise.all(batch.map(send));
        const seen = new Scrape(await app.metrics.text());
        for (const status of seen.labelValues('status')) expect(statuses, status).toContain(status);
        for (const code of seen.labelValues('code')) expect(codes, code).toContain(code);
        for (const route of seen.labelValues('route'))
          expect(routes.has(route) || isRoute.test(route), route).toBe(true);
        expect([...seen.labelValues('serving')]).toEqual(['cats']);
        expect([...seen.labelValues('model')]).toEqual(['cats']);
        most = Math.max(most, seen.labelValues('method').size);
      }),
      { numRuns: 60 },
    );
    expect(most).toBeLessThanOrEqual(8);
  });
});
