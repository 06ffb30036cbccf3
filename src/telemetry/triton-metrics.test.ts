import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorRegistry } from '../errors/error-registry.js';
import { packageRoot } from '../package-info.js';
import { Serving } from '../serving/serving.js';
import type { ServingEventMap } from '../serving/serving-events.js';
import { TestLoads } from '../serving/test-serving.test-support.js';
import { Scrape } from './scrape.test-support.js';
import { ServingStatistics } from './serving-statistics.js';
import { collectTriton, failureReason, failureReasons, type TritonServing } from './triton-metrics.js';

const picture = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));

function collect(servings: readonly TritonServing[]): () => Promise<Scrape> {
  const registry = new Registry();
  collectTriton(registry, servings, new ServingStatistics(servings));
  return async () => new Scrape(await registry.metrics());
}

describe("metrics under Triton's names", () => {
  it('are all there before anything has happened, as zeros', async () => {
    const events = new EventEmitter<ServingEventMap>();
    const { series } = await collect([{ name: 'cats', events, inFlight: 0, running: 0 }])();
    expect(series).toHaveLength(9 + failureReasons.length);
    for (const { labels, value } of series) expect([labels, value]).toMatchObject([{ model: 'cats', version: '1' }, 0]);
  });

  it('have microseconds, and count what waits without what runs', async () => {
    const events = new EventEmitter<ServingEventMap>();
    const scrape = collect([{ name: 'cats', events, inFlight: 9, running: 4 }]);
    const timings = { queue: 1, decode: 2, preprocess: 4, batch: 8, inference: 16, postprocess: 0.5 };
    events.emit('image', { serving: 'cats', durationMs: 31.5, errorCode: null, timings });
    events.emit('request', { serving: 'cats', images: 1, durationMs: 31.5, errorCode: null });
    events.emit('batch', { serving: 'cats', size: 1, resource: 'cpu', inputMs: 1, durationMs: 2, errorCode: null });
    for (let times = 0; times < 2; times++) {
      const seen = await scrape();
      const us = (name: string): number | undefined => seen.value(`nv_inference_${name}`, { model: 'cats' });
      expect(us('request_duration_us')).toBe(31_500);
      expect(us('queue_duration_us')).toBe(9000);
      expect(us('compute_input_duration_us')).toBe(6000);
      expect(us('compute_infer_duration_us')).toBe(16_000);
      expect(us('compute_output_duration_us')).toBe(500);
      expect(us('exec_count')).toBe(1);
      expect(us('pending_request_count')).toBe(5);
    }
  });

  it('have one of the reasons for every error there is', () => {
    for (const code of Object.keys(errorRegistry)) {
      expect(failureReasons, code).toContain(failureReason(code as ErrorCode));
    }
    const reasonOf = failureReason;
    expect(reasonOf('ERR_QUEUE_FULL')).toBe('REJECTED');
    expect(reasonOf('ERR_CANCELLED')).toBe('CANCELED');
    expect(reasonOf('ERR_BACKEND_RUN_FAILED')).toBe('BACKEND');
    expect(reasonOf('ERR_IMAGE_UNDECODABLE')).toBe('OTHER');
  });

  it('are what was sent to a serving', async () => {
    const serving = new Serving(new TestLoads({ held: false }).options({ maxQueue: 4 }));
    const scrape = collect([serving]);
    for (let times = 0; times < 3; times++) await serving.classify(picture);
    await serving.classifyMany([picture, picture, picture, picture]);
    await expect(serving.classify(picture.subarray(0, 99))).rejects.toThrow();
    const others = serving.reserve({ images: 4, bytes: 0 });
    await expect(serving.classify(picture)).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    others.release();
    const seen = await scrape();
    expect(seen.value('nv_inference_request_success')).toBe(4);
    expect(seen.value('nv_inference_count')).toBe(7);
    expect(seen.value('nv_inference_exec_count')).toBeLessThanOrEqual(7);
    expect(seen.value('nv_inference_exec_count')).toBeGreaterThanOrEqual(4);
    expect(seen.value('nv_inference_request_failure', { reason: 'REJECTED' })).toBe(1);
    expect(seen.value('nv_inference_request_failure', { reason: 'OTHER' })).toBe(1);
    expect(seen.value('nv_inference_pending_request_count')).toBe(0);
    expect(seen.value('nv_inference_request_duration_us')).toBeGreaterThan(0);
    await serving.close();
  });
});
