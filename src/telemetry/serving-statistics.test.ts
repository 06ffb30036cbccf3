import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../package-info.js';
import { Serving } from '../serving/serving.js';
import type { ServingEventMap } from '../serving/serving-events.js';
import { TestLoads } from '../serving/test-serving.test-support.js';
import { ServingStatistics } from './serving-statistics.js';

const none = { count: 0, ms: 0 };
const picture = readFileSync(join(packageRoot, 'test/pictures/digit-7.png'));

function start() {
  const events = new EventEmitter<ServingEventMap>();
  const other = new EventEmitter<ServingEventMap>();
  const clock = { ms: 1000 };
  const statistics = new ServingStatistics(
    [
      { name: 'cats', events },
      { name: 'dogs', events: other },
    ],
    () => clock.ms,
  );
  return { events, other, clock, statistics };
}

const batch = { serving: 'cats', resource: 'cpu', errorCode: null };
const timings = { queue: 1, decode: 2, preprocess: 4, batch: 8, inference: 16, postprocess: 32 };

describe('ServingStatistics', () => {
  it('begins with nothing, and knows no serving that there is not', () => {
    const { statistics } = start();
    expect(statistics.report('cats')).toEqual({
      lastInferenceMs: 0,
      inferenceCount: 0,
      executionCount: 0,
      ...{ success: none, fail: none, queue: none, computeInput: none, computeInfer: none, computeOutput: none },
      batches: [],
    });
    expect(() => statistics.report('mice')).toThrow(expect.objectContaining({ code: 'ERR_SERVING_NOT_FOUND' }));
  });

  it('adds up the stages of images that were answered, and only of those', () => {
    const { events, statistics } = start();
    events.emit('image', { serving: 'cats', durationMs: 70, errorCode: null, timings });
    events.emit('image', { serving: 'cats', durationMs: 70, errorCode: null, timings });
    events.emit('image', { serving: 'cats', durationMs: 900, errorCode: 'ERR_CANCELLED', timings: null });
    expect(statistics.report('cats')).toMatchObject({
      inferenceCount: 2,
      queue: { count: 2, ms: 18 },
      computeInput: { count: 2, ms: 12 },
      computeInfer: { count: 2, ms: 32 },
      computeOutput: { count: 2, ms: 64 },
    });
    expect(statistics.report('dogs').inferenceCount).toBe(0);
  });

  it('counts requests, not their images', () => {
    const { events, statistics } = start();
    events.emit('request', { serving: 'cats', images: 8, durationMs: 5, errorCode: null });
    events.emit('request', { serving: 'cats', images: 1, durationMs: 7, errorCode: null });
    events.emit('request', { serving: 'cats', images: 3, durationMs: 9, errorCode: 'ERR_IMAGE_UNDECODABLE' });
    expect(statistics.report('cats')).toMatchObject({ success: { count: 2, ms: 12 }, fail: { count: 1, ms: 9 } });
  });

  it('keeps batches apart by size, leaves out those that failed, and notes when the last one ended', () => {
    const { events, clock, statistics } = start();
    events.emit('batch', { ...batch, size: 4, inputMs: 2, durationMs: 20 });
    events.emit('batch', { ...batch, size: 1, inputMs: 1, durationMs: 10 });
    events.emit('batch', { ...batch, size: 4, inputMs: 3, durationMs: 30 });
    clock.ms = 2000;
    events.emit('batch', { ...batch, size: 4, inputMs: 1, durationMs: 9, errorCode: 'ERR_BACKEND_RUN_FAILED' });
    expect(statistics.report('cats')).toMatchObject({
      executionCount: 3,
      lastInferenceMs: 1000,
      batches: [
        { size: 1, computeInput: { count: 1, ms: 1 }, computeInfer: { count: 1, ms: 10 } },
        { size: 4, computeInput: { count: 2, ms: 5 }, computeInfer: { count: 2, ms: 50 }, computeOutput: { count: 2 } },
      ],
    });
  });

  it('listens no more once it is closed, and keeps what it has', () => {
    const { events, statistics } = start();
    events.emit('request', { serving: 'cats', images: 1, durationMs: 5, errorCode: null });
    statistics.close();
    expect(events.eventNames()).toEqual([]);
    expect(statistics.report('cats').success.count).toBe(1);
  });

  it('has what a serving has done: answers, failures, and refusals that took no time', async () => {
    const serving = new Serving(new TestLoads({ held: false }).options({ maxQueue: 3 }));
    const statistics = new ServingStatistics([serving]);
    await serving.classifyMany([picture, picture]);
    await serving.classify(picture);
    await expect(serving.classifyMany([picture, picture.subarray(0, 99)])).rejects.toThrow();
    const afterFailure = statistics.report(serving.name);
    expect([afterFailure.success.count, afterFailure.fail.count]).toEqual([2, 1]);
    expect(afterFailure.fail.ms).toBeGreaterThan(0);
    // Without the good one of the request that failed, unless that was done before the bad one was found out.
    expect([3, 4]).toContain(afterFailure.inferenceCount);
    const ran = afterFailure.batches.reduce((sum, { size, computeInfer }) => sum + size * computeInfer.count, 0);
    // What was running when its request failed has run, but was not answered.
    expect(ran).toBeGreaterThanOrEqual(afterFailure.inferenceCount);
    expect(afterFailure.executionCount).toBe(
      afterFailure.batches.reduce((sum, one) => sum + one.computeInfer.count, 0),
    );

    const place = serving.reserve({ images: 3, bytes: 1 });
    expect(() => serving.reserve({ images: 1, bytes: 1 })).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    await expect(serving.classify(picture)).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    expect(statistics.report(serving.name).fail.count).toBe(3);
    place.release();
    const small = serving.reserve({ images: 1, bytes: 1 });
    const other = serving.reserve({ images: 1, bytes: 1 });
    expect(() => small.setBytes(2 ** 24)).toThrow(expect.objectContaining({ code: 'ERR_QUEUE_FULL' }));
    expect(statistics.report(serving.name).fail.count).toBe(4);
    small.release();
    other.release();
    // A place that is given back without having been used is no request.
    expect(statistics.report(serving.name)).toMatchObject({ success: { count: 2 }, fail: { count: 4 } });
    await serving.close();
  });
});
