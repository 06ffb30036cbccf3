import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { GpuUsage } from '../native/tensorrt-types.js';
import type { ServingEventMap } from '../serving/serving-events.js';
import type { ServingStateName } from '../serving/serving-state.js';
import { Scrape } from './scrape.test-support.js';
import { ServingMetrics } from './serving-metrics.js';
import { ServingStatistics } from './serving-statistics.js';
import type { MeasuredShare } from './state-metrics.js';
import type { VolumeUsage } from './volume-usage.js';

const cats = { serving: 'cats' };
const timings = { queue: 10, decode: 1, preprocess: 1, batch: 30, inference: 1, postprocess: 1 };

function start() {
  const serving = {
    name: 'cats',
    events: new EventEmitter<ServingEventMap>(),
    status: { state: 'pending' as ServingStateName },
    inFlight: 0,
    running: 0,
    residentBytes: 0,
  };
  const shares: MeasuredShare[] = [];
  const measured: { volume?: VolumeUsage; gpus?: readonly GpuUsage[] | null; connections: number } = { connections: 0 };
  const statistics = new ServingStatistics([serving]);
  const metrics = new ServingMetrics({
    servings: [serving],
    shares: () => shares,
    statistics,
    volume: () => measured.volume,
    gpus: () => measured.gpus,
    connections: () => measured.connections,
  });
  const scrape = async (): Promise<Scrape> => new Scrape(await metrics.text());
  return { serving, events: serving.events, shares, measured, statistics, metrics, scrape };
}

describe('ServingMetrics', () => {
  it('counts images by outcome, and times only those that were answered', async () => {
    const { events, scrape } = start();
    events.emit('image', { ...cats, durationMs: 40, errorCode: null, timings });
    events.emit('image', { ...cats, durationMs: 60, errorCode: null, timings });
    events.emit('image', { ...cats, durationMs: 9000, errorCode: 'ERR_DEADLINE_EXCEEDED', timings: null });
    const seen = await scrape();
    expect(seen.value('hornet_images_total', { outcome: 'ok' })).toBe(2);
    expect(seen.value('hornet_images_total', { outcome: 'ERR_DEADLINE_EXCEEDED' })).toBe(1);
    expect(seen.value('hornet_image_duration_seconds_count')).toBe(2);
    expect(seen.value('hornet_image_duration_seconds_sum')).toBeCloseTo(0.1);
    expect(seen.value('hornet_image_duration_seconds_bucket', { le: '0.05' })).toBe(1);
    expect(seen.value('hornet_queue_duration_seconds_sum', cats)).toBeCloseTo(0.08);
  });

  it('counts requests for labels by outcome, refused ones too', async () => {
    const { events, scrape } = start();
    events.emit('request', { ...cats, images: 3, durationMs: 40, errorCode: null });
    events.emit('request', { ...cats, images: 1, durationMs: 0, errorCode: 'ERR_QUEUE_FULL' });
    const seen = await scrape();
    expect(seen.value('hornet_requests_total', { outcome: 'ok' })).toBe(1);
    expect(seen.value('hornet_requests_total', { outcome: 'ERR_QUEUE_FULL' })).toBe(1);
  });

  it('times stages in seconds, and counts where images did not come through', async () => {
    const { events, scrape } = start();
    const span = { ...cats, stage: 'decode', startMs: 5, durationMs: 250 } as const;
    events.emit('span', { ...span, errorCode: null });
    events.emit('span', { ...span, errorCode: 'ERR_IMAGE_UNDECODABLE' });
    const seen = await scrape();
    expect(seen.value('hornet_stage_duration_seconds_sum', { stage: 'decode' })).toBe(0.25);
    expect(seen.value('hornet_stage_duration_seconds_count', { stage: 'decode' })).toBe(1);
    expect(seen.value('hornet_stage_failures_total', { stage: 'decode', code: 'ERR_IMAGE_UNDECODABLE' })).toBe(1);
  });

  it('has the sizes of batches, and what they ran on', async () => {
    const { events, scrape } = start();
    const batch = { ...cats, resource: 'cpu', inputMs: 1 };
    events.emit('batch', { ...batch, size: 3, durationMs: 8, errorCode: null });
    events.emit('batch', { ...batch, size: 1, durationMs: 2, errorCode: 'ERR_BACKEND_RUN_FAILED' });
    const seen = await scrape();
    expect(seen.value('hornet_batch_size_images_bucket', { le: '1' })).toBe(1);
    expect(seen.value('hornet_batch_size_images_bucket', { le: '4' })).toBe(2);
    expect(seen.value('hornet_batch_duration_seconds_sum', { resource: 'cpu' })).toBeCloseTo(0.01);
    expect(seen.value('hornet_batches_total', { outcome: 'ok' })).toBe(1);
    expect(seen.value('hornet_batches_total', { outcome: 'ERR_BACKEND_RUN_FAILED' })).toBe(1);
  });

  it('says which state a serving is in now, and in no other', async () => {
    const { serving, events, scrape } = start();
    expect((await scrape()).value('hornet_serving_state', { state: 'pending' })).toBe(1);
    serving.status.state = 'ready';
    events.emit('state', { ...cats, state: 'ready', previous: 'pending', previousMs: 1, errorCode: null });
    const seen = await scrape();
    expect(seen.value('hornet_serving_state', { state: 'pending' })).toBe(0);
    expect(seen.value('hornet_serving_state', { state: 'ready' })).toBe(1);
    expect(seen.value('hornet_serving_state_changes_total', { state: 'ready' })).toBe(1);
  });

  it('counts and times loads, engines and downloads, by what came of them', async () => {
    const { events, scrape } = start();
    expect((await scrape()).value('hornet_downloaded_bytes_total', cats)).toBe(0);
    events.emit('load', { ...cats, durationMs: 5000, errorCode: null });
    events.emit('load', { ...cats, durationMs: 70_000, errorCode: 'ERR_HUB_UNREACHABLE' });
    events.emit('engine', { ...cats, outcome: 'fresh', durationMs: 20, errorCode: null });
    events.emit('engine', { ...cats, outcome: 'built', durationMs: 90_000, errorCode: null });
    events.emit('engine', { ...cats, outcome: 'failed', durationMs: 10, errorCode: 'ERR_TENSORRT_PARSE_FAILED' });
    events.emit('download', { ...cats, bytes: 1000 });
    events.emit('download', { ...cats, bytes: 24 });
    const seen = await scrape();
    expect(seen.value('hornet_loads_total', { outcome: 'ok' })).toBe(1);
    expect(seen.value('hornet_loads_total', { outcome: 'ERR_HUB_UNREACHABLE' })).toBe(1);
    expect(seen.value('hornet_load_duration_seconds_sum')).toBe(5);
    for (const outcome of ['fresh', 'built', 'ERR_TENSORRT_PARSE_FAILED']) {
      expect(seen.value('hornet_engines_total', { outcome }), outcome).toBe(1);
    }
    expect(seen.value('hornet_engine_build_duration_seconds_sum')).toBe(90);
    expect(seen.value('hornet_engine_build_duration_seconds_bucket', { le: '60' })).toBe(0);
    expect(seen.value('hornet_downloaded_bytes_total', cats)).toBe(1024);
  });

  it('reads what is in a serving, what it holds, and what it has used when it is asked', async () => {
    const { serving, shares, measured, scrape } = start();
    Object.assign(serving, { inFlight: 7, running: 3, residentBytes: 1e9 });
    measured.connections = 12;
    shares.push({ resource: 'cpu', ...cats, busyMs: 1500 });
    for (let times = 0; times < 2; times++) {
      const seen = await scrape();
      expect(seen.value('hornet_queue_depth_images', cats)).toBe(7);
      expect(seen.value('hornet_running_images', cats)).toBe(3);
      expect(seen.value('hornet_serving_resident_bytes', cats)).toBe(1e9);
      expect(seen.value('hornet_http_connections')).toBe(12);
      // Not added to what was read before.
      expect(seen.value('hornet_compute_busy_seconds_total', { resource: 'cpu' })).toBe(1.5);
    }
  });

  it('shows the volume and GPUs as far as they are known, and nothing where they are not', async () => {
    const { measured, scrape } = start();
    const names = /^(hornet_cache|hornet_gpu|nv_gpu)/;
    expect((await scrape()).series.filter(({ name }) => names.test(name))).toEqual([]);
    measured.volume = {
      weights: { bytes: 100, freeBytes: 900 },
      engines: { bytes: 5, freeBytes: null },
      prepared: { bytes: 7, freeBytes: null },
    };
    const gpu = { memoryUsedBytes: 3, memoryTotalBytes: 8 };
    measured.gpus = [
      { ...gpu, uuid: 'GPU-a', utilizationPercent: 40 },
      { ...gpu, uuid: 'GPU-b', utilizationPercent: Number.NaN },
    ];
    const seen = await scrape();
    expect(seen.value('hornet_cache_bytes', { kind: 'weights' })).toBe(100);
    expect(seen.value('hornet_cache_bytes', { kind: 'engines' })).toBe(5);
    expect(seen.value('hornet_cache_free_bytes', {})).toBe(900);
    for (const gpuName of ['GPU-a', 'GPU-b']) {
      expect(seen.value('hornet_gpu_memory_used_bytes', { gpu: gpuName })).toBe(3);
      expect(seen.value('nv_gpu_memory_used_bytes', { gpu_uuid: gpuName })).toBe(3);
      expect(seen.value('nv_gpu_memory_total_bytes', { gpu_uuid: gpuName })).toBe(8);
    }
    expect(seen.value('nv_gpu_utilization', { gpu_uuid: 'GPU-a' })).toBe(0.4);
    expect(seen.value('nv_gpu_utilization', { gpu_uuid: 'GPU-b' })).toBeUndefined();
    measured.gpus = null;
    expect((await scrape()).series.filter(({ name }) => /gpu/.test(name))).toEqual([]);
  });

  it('counts requests over HTTP by outcome, and times those that were any', async () => {
    const { metrics, scrape } = start();
    const request = { route: '/classify', method: 'POST', status: 200, durationMs: 40, errorCode: null };
    metrics.observeRequest(request);
    metrics.observeRequest({ ...request, status: 429, durationMs: 10, errorCode: 'ERR_QUEUE_FULL' });
    metrics.observeRequest({ ...request, status: 400, durationMs: null, errorCode: 'ERR_REQUEST_INVALID' });
    const seen = await scrape();
    expect(seen.value('hornet_http_requests_total', { route: '/classify', method: 'POST', status: '200' })).toBe(1);
    expect(seen.value('hornet_http_failures_total', { code: 'ERR_QUEUE_FULL' })).toBe(1);
    expect(seen.value('hornet_http_request_duration_seconds_count', { route: '/classify' })).toBe(2);
    expect(seen.value('hornet_http_request_duration_seconds_sum', { route: '/classify' })).toBeCloseTo(0.05);
  });

  it('is apart from other servers of the process, but for what is of the process itself', async () => {
    const [one, other] = [start(), start()];
    one.metrics.observeRequest({ route: '/', method: 'POST', status: 200, durationMs: 1, errorCode: null });
    const seen = await other.scrape();
    expect(seen.value('hornet_http_requests_total')).toBeUndefined();
    expect(seen.value('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(seen.value('nodejs_version_info')).toBe(1);
    expect(seen.value('hornet_build_info')).toBe(1);
    expect(other.metrics.contentType).toContain('text/plain');
    for (const { name } of seen.series) expect(name).toMatch(/^(hornet|nv|nodejs|process)_/);
  });

  it('says of each metric what it is', async () => {
    const { families } = await start().scrape();
    for (const { name, help, type } of families) {
      expect([name, help.length > 10, type]).toEqual([
        name,
        true,
        expect.stringMatching(/^(COUNTER|GAUGE|HISTOGRAM|SUMMARY)$/),
      ]);
    }
  });

  it('listens no more once it is closed', () => {
    const { metrics, statistics, events } = start();
    expect(events.eventNames().length).toBeGreaterThan(0);
    metrics.close();
    statistics.close();
    expect(events.eventNames()).toEqual([]);
  });
});
