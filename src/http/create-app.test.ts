import { afterEach, describe, expect, it } from 'vitest';
import { errorRegistry } from '../errors/error-registry.js';
import { HornetError } from '../errors/hornet-error.js';
import type { GpuReport } from '../gpu/gpu-report.js';
import { packageVersion } from '../package-info.js';
import { FakeServing } from './fake-serving.test-support.js';
import { type RunningApp, startApp } from './start-app.test-support.js';

describe('the routes that tell', () => {
  const open: RunningApp[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.stop()));
  });
  async function start(...args: Parameters<typeof startApp>): Promise<RunningApp> {
    const app = await startApp(...args);
    open.push(app);
    return app;
  }

  it('is ready without servings that are loaded on demand, and not ready once it ends', async () => {
    const app = await start([new FakeServing('cats'), new FakeServing('dogs', 'unloaded', 'on-demand')]);
    expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${app.url}/models/dogs/ready`)).status).toBe(503);
    app.drain();
    for (const path of ['/health/ready', '/models/cats/ready']) {
      const answer = await fetch(app.url + path);
      expect([answer.status, await answer.json()]).toMatchObject([503, { ready: false }]);
      expect(answer.headers.get('Connection')).toBe('close');
      expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    }
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  it('takes probes, status and metrics for no use of the server, and nothing that there is not', async () => {
    const app = await start([new FakeServing()]);
    for (const path of ['/health/live', '/health/ready', '/models/cats/ready', '/status', '/metrics', '/nowhere']) {
      await (await fetch(app.url + path)).arrayBuffer();
    }
    expect(app.uses.begun).toBe(0);
    await (await fetch(`${app.url}/models`)).json();
    await (await fetch(`${app.url}/models/cats`)).json();
    expect(app.uses.begun).toBe(2);
    await expect.poll(() => app.uses.open).toBe(0);
  });

  it('counts requests by route, not by path', async () => {
    const app = await start([new FakeServing()]);
    for (const path of ['/models/cats', '/models/dogs', '/a', '/b']) await (await fetch(app.url + path)).json();
    const series = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('hornet_http_'));
    await expect
      .poll(async () => {
        const answer = await fetch(`${app.url}/metrics`);
        return [answer.headers.get('Content-Type'), ...series(await answer.text())];
      })
      .toEqual(
        expect.arrayContaining([
          expect.stringContaining('text/plain'),
          'hornet_http_requests_total{route="/models/:name",method="GET",status="200"} 1',
          'hornet_http_requests_total{route="/models/:name",method="GET",status="404"} 1',
          'hornet_http_requests_total{route="none",method="GET",status="404"} 2',
        ]),
      );
  });

  it('tells in the status all there is to know, and no path', async () => {
    const serving = new FakeServing('cats', 'failed');
    serving.model = '/srv/secret/cats';
    serving.residentBytes = 1234;
    serving.error = {
      code: 'ERR_MODEL_NOT_FOUND',
      message: 'The folder /srv/secret/cats does not exist.',
      remedy: errorRegistry.ERR_MODEL_NOT_FOUND.remedy,
    };
    const library = {
      flavour: 'tensorrt',
      headers: '10',
      libraryPath: '/srv/secret/libnvinfer.so.10',
      version: '10.16.0',
      parserPath: '/srv/secret/libnvonnxparser.so.10',
      parserVersion: '10.16.0',
      minimumVersion: '10.16',
      problem: null,
      builderResources: [],
    } as const;
    const device = { index: 0, name: 'A10', uuid: 'GPU-1', computeCapability: '8.6', totalMemoryBytes: 24e9 };
    const report: GpuReport = {
      access: true,
      summary: 'A10 with /srv/secret/libnvinfer.so.10.',
      driver: { usable: true, libraryPath: '/srv/secret/libcuda.so.1', cudaVersion: '13.0' },
      devices: [{ ...device, library }],
      libraries: [library],
      aheadOfTime: null,
      headers: [],
      problems: [{ subject: 'tensorrt', problem: 'Not at /srv/secret/rtx.', remedy: 'Look into /srv/secret/rtx.' }],
      durationMs: 1,
    };
    const volume = {
      weights: { bytes: 1, freeBytes: 2 },
      engines: { bytes: 3, freeBytes: null },
      prepared: { bytes: 4, freeBytes: 5 },
    };
    const share = { resource: 'cpu', serving: 'cats', busyMs: 5, runs: 6, waiting: 0 };
    const resident = { serving: 'cats', bytes: 1234, state: 'loaded' } as const;
    const { url } = await start([serving], {
      status: {
        probe: () => Promise.resolve(report),
        volume: () => Promise.resolve(volume),
        shares: () => [share],
        memory: () => ({ maxLoaded: 2, maxResidentBytes: 0, availableBytes: 9e9, residents: [resident], waiting: 1 }),
      },
    });
    for (const path of ['/models', '/models/cats', '/models/cats/ready', '/health/ready']) {
      expect(await (await fetch(`${url}${path}`)).text(), path).not.toContain('secret');
    }
    serving.refusal = new HornetError('ERR_MODEL_NOT_FOUND', 'There is no model folder /srv/secret/cats.');
    const refused = await fetch(`${url}/classify`, { method: 'POST', body: 'x' });
    expect(await refused.json()).toMatchObject({ error: 'There is no model folder cats.' });
    const answer = await fetch(`${url}/status`);
    const text = await answer.text();
    expect(text).not.toContain('secret');
    expect(JSON.parse(text)).toMatchObject({
      version: packageVersion,
      accepting: true,
      uptimeMs: expect.any(Number),
      gpu: {
        access: true,
        summary: 'A10 with libnvinfer.so.10.',
        devices: [{ ...device, library: { flavour: 'tensorrt', version: '10.16.0' } }],
        problems: [{ subject: 'tensorrt', problem: 'Not at rtx.', remedy: 'Look into rtx.' }],
      },
      servings: [
        {
          name: 'cats',
          model: 'cats',
          state: 'failed',
          residentBytes: 1234,
          inFlight: 0,
          error: { code: 'ERR_MODEL_NOT_FOUND', remedy: errorRegistry.ERR_MODEL_NOT_FOUND.remedy },
        },
      ],
      memory: {
        maxLoaded: 2,
        availableBytes: 9e9,
        residents: [resident],
        waiting: 1,
        processBytes: expect.any(Number),
      },
      compute: [share],
      volume,
    });
  });
});
