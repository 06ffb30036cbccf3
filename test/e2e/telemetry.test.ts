import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createServer, type HornetServer, type ServerOptions } from '../../src/index.js';
import { packageRoot } from '../../src/package-info.js';
import { Scrape } from '../../src/telemetry/scrape.test-support.js';
import { readFolder, startHubServer } from '../hub-server/index.mjs';
import { useDocumentedAnswers } from '../openapi/use-documented-answers.js';
import { noteSkip } from '../skips/note-skip.js';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInEnvironment } from '../stand-ins/stand-in-environment.mjs';
import { startHornet } from './run-hornet.js';

const picture = readFileSync(join(packageRoot, 'test/pictures/digit-2.png')) as Buffer<ArrayBuffer>;
const classify = (url: string, body: Buffer<ArrayBuffer> = picture): Promise<Response> =>
  fetch(`${url}/classify`, { method: 'POST', body });
const scrape = async (url: string): Promise<Scrape> => new Scrape(await (await fetch(`${url}/metrics`)).text());

describe('what a server tells of itself', () => {
  useDocumentedAnswers();
  const open: HornetServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  async function start(options: ServerOptions): Promise<string> {
    const server = createServer({ port: 0, ...options });
    open.push(server);
    return server.listen();
  }

  it('has as many requests, images and failures under all names as were sent', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
    const url = await start({ backend: 'onnxruntime', accessLog: 'all', log });
    const sent = [...Array.from({ length: 12 }, () => picture), ...Array.from({ length: 5 }, () => Buffer.from('x'))];
    const answers = await Promise.all(sent.map((body) => classify(url, body)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(12);
    expect(statuses.filter((status) => status === 415)).toHaveLength(5);
    const logged = (): Record<string, unknown>[] => lines.filter(({ route }) => route === '/classify');
    await expect.poll(() => logged().length).toBe(17);

    const seen = await scrape(url);
    const digits = { model: 'digits', version: '1' };
    expect(seen.value('nv_inference_request_success', digits)).toBe(12);
    expect(seen.value('nv_inference_count', digits)).toBe(12);
    expect(seen.value('nv_inference_request_failure', { reason: 'OTHER' })).toBe(5);
    expect(seen.value('nv_inference_pending_request_count')).toBe(0);
    const batches = seen.value('nv_inference_exec_count', digits);
    expect(batches).toBe(seen.value('hornet_batches_total', { outcome: 'ok' }));
    expect(batches).toBeLessThanOrEqual(12);
    expect(seen.value('hornet_batch_size_images_sum')).toBe(12);
    expect(seen.value('hornet_requests_total', { outcome: 'ok' })).toBe(12);
    expect(seen.value('hornet_http_requests_total', { route: '/classify', status: '200' })).toBe(12);
    expect(seen.value('hornet_http_requests_total', { route: '/classify', status: '415' })).toBe(5);
    expect(seen.value('hornet_http_request_duration_seconds_count', { route: '/classify' })).toBe(17);
    expect(seen.value('hornet_loads_total', { outcome: 'ok' })).toBe(1);
    expect(seen.value('hornet_http_connections')).toBeGreaterThan(0);
    const stages = ['queue', 'compute_input', 'compute_infer', 'compute_output'].map(
      (name) => seen.value(`nv_inference_${name}_duration_us`) ?? Number.NaN,
    );
    for (const stage of stages) expect(stage).toBeGreaterThan(0);
    // Requests wait for their model besides.
    expect(seen.value('nv_inference_request_duration_us')).toBeGreaterThan(
      stages.reduce((sum, us) => sum + us, 0) * 0.9,
    );
    expect(new Set(logged().map(({ requestId }) => requestId)).size).toBe(17);
    expect(logged()[0]).toMatchObject({ event: 'http.request', method: 'POST', path: '/classify', serving: 'digits' });
  });

  it('shows how full the volume is from the second scrape on', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hornet-telemetry-'));
    try {
      const url = await start({ backend: 'onnxruntime', home });
      await expect
        .poll(async () => (await scrape(url)).value('hornet_cache_free_bytes', { kind: 'engines' }))
        .toBeGreaterThan(0);
      expect((await scrape(url)).value('hornet_cache_bytes', { kind: 'engines' })).toBe(0);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it('counts the bytes of a model that come from the Hub, once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'hornet-telemetry-'));
    const files = await readFolder(join(packageRoot, 'models/digits'));
    const hub = await startHubServer({ repositories: [{ id: 'org/model', files }] });
    const env = { HF_ENDPOINT: hub.url, HORNET_HOME: home };
    try {
      const onnx = readFileSync(join(packageRoot, 'models/digits/onnx/model.onnx')).length;
      const downloaded: (number | undefined)[] = [];
      for (let times = 0; times < 2; times++) {
        const server = await startHornet(['org/model'], env);
        expect((await classify(server.url)).status).toBe(200);
        downloaded.push((await scrape(server.url)).value('hornet_downloaded_bytes_total', { serving: 'model' }));
        expect(await server.stop()).toBe(0);
      }
      expect(downloaded[0]).toBeGreaterThanOrEqual(onnx);
      expect(downloaded[0]).toBeLessThan(onnx + 100_000);
      expect(downloaded[1]).toBe(0);
    } finally {
      await hub.stop();
      rmSync(home, { recursive: true });
    }
  });

  it('logs only what the server has failed, unless it is told otherwise', async () => {
    const server = await startHornet([]);
    expect((await classify(server.url)).status).toBe(200);
    await fetch(`${server.url}/nowhere`);
    expect(await server.stop()).toBe(0);
    expect(server.log.filter(({ event }) => event === 'http.request')).toEqual([]);
    const verbose = await startHornet(['--access-log', 'all']);
    await fetch(`${verbose.url}/nowhere`, { headers: { 'X-Request-Id': 'one' } });
    expect(await verbose.stop()).toBe(0);
    expect(verbose.log.filter(({ event }) => event === 'http.request')).toMatchObject([
      { requestId: 'one', method: 'GET', route: 'none', path: '/nowhere', status: 404, code: 'ERR_ROUTE_NOT_FOUND' },
    ]);
  });
});

describeWithStandIns(
  'what a server tells of its GPUs',
  ['lib/cuda/libnvidia-ml.so.1', 'lib/rtx/libtensorrt_rtx.so.1'],
  () => {
    it('has their memory in its metrics', async () => {
      const home = mkdtempSync(join(tmpdir(), 'hornet-telemetry-'));
      const server = await startHornet([], {
        ...standInEnvironment(),
        HORNET_HOME: home,
        STANDIN_DEVICES: '2',
      });
      const devices = async (): Promise<unknown[]> =>
        (await scrape(server.url)).series.filter(({ name }) => name === 'nv_gpu_memory_total_bytes');
      await expect.poll(devices).toMatchObject([
        { labels: { gpu_uuid: expect.stringMatching(/^GPU-/) }, value: 8192 * 2 ** 20 },
        { labels: { gpu_uuid: expect.stringMatching(/^GPU-/) }, value: 8192 * 2 ** 20 },
      ]);
      expect(await server.stop()).toBe(0);
      rmSync(home, { recursive: true });
    });
  },
);

/** A libnvidia-ml.so.1 whose first call leaves a file behind, and never returns. */
const hangingNvml = `#include <fcntl.h>
#include <unistd.h>
int nvmlInit_v2(void) { close(open(MARK, O_CREAT | O_WRONLY, 0600)); for (;;) pause(); }
${[
  'Shutdown',
  'DeviceGetCount_v2',
  'DeviceGetHandleByIndex_v2',
  'DeviceGetUUID',
  'DeviceGetMemoryInfo',
  'DeviceGetUtilizationRates',
]
  .map((name) => `int nvml${name}(void) { return 999; }`)
  .join('\n')}
`;

/** Compiles it into the folder; false where there is no compiler, which is then printed. */
function compileHangingNvml(folder: string): boolean {
  try {
    const mark = `-DMARK="${join(folder, 'hangs')}"`;
    execFileSync('cc', ['-shared', '-fPIC', mark, '-x', 'c', '-', '-o', join(folder, 'libnvidia-ml.so.1')], {
      input: hangingNvml,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    return true;
  } catch {
    noteSkip('metrics beside a driver that hangs', 'there is no C compiler');
    return false;
  }
}

describe('a server whose driver hangs', () => {
  it('answers scrapes without it, and ends all the same', async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'hornet-telemetry-'));
    try {
      if (!compileHangingNvml(folder)) return skip();
      const server = await startHornet([], {
        HORNET_CUDA_LIBRARY: join(folder, 'libcuda.so.1'),
        HORNET_TENSORRT_PATH: folder,
        HORNET_HOME: folder,
      });
      for (let times = 0; times < 3; times++) {
        expect((await classify(server.url)).status).toBe(200);
        const seen = await scrape(server.url);
        expect(seen.value('nv_inference_count')).toBe(times + 1);
        expect(seen.series.filter(({ name }) => /gpu/.test(name))).toEqual([]);
      }
      await expect.poll(() => existsSync(join(folder, 'hangs'))).toBe(true);
      expect(await server.stop()).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
