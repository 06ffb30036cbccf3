import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ServingEventMap } from '../serving/serving-events.js';
import type { ServingStateName } from '../serving/serving-state.js';
import { type MeasuredShare, ServingMetrics } from './serving-metrics.js';

function start() {
  const serving = {
    name: 'cats',
    events: new EventEmitter<ServingEventMap>(),
    status: { state: 'pending' as ServingStateName },
    inFlight: 0,
    residentBytes: 0,
  };
  const shares: MeasuredShare[] = [];
  const metrics = new ServingMetrics({ servings: [serving], shares: () => shares });
  /** Value of the series whose line begins with the text. */
  const value = async (series: string): Promise<number | undefined> => {
    const line = (await metrics.text()).split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length));
  };
  return { serving, events: serving.events, shares, metrics, value };
}

describe('ServingMetrics', () => {
  it('counts images by outcome, and times only those that were answered', async () => {
    const { events, value } = start();
    events.emit('image', { serving: 'cats', durationMs: 40, errorCode: null });
    events.emit('image', { serving: 'cats', durationMs: 60, errorCode: null });
    events.emit('image', { serving: 'cats', durationMs: 9000, errorCode: 'ERR_DEADLINE_EXCEEDED' });
    expect(await value('hornet_images_total{serving="cats",outcome="ok"}')).toBe(2);
    expect(await value('hornet_images_total{serving="cats",outcome="ERR_DEADLINE_EXCEEDED"}')).toBe(1);
    expect(await value('hornet_image_duration_seconds_count{serving="cats"}')).toBe(2);
    expect(await value('hornet_image_duration_seconds_sum{serving="cats"}')).toBeCloseTo(0.1);
    expect(await value('hornet_image_duration_seconds_bucket{le="0.05",serving="cats"}')).toBe(1);
  });

  it('times stages in seconds, and counts where images did not come through', async () => {
    const { events, value } = start();
    const span = { serving: 'cats', stage: 'decode', startMs: 5, durationMs: 250 } as const;
    events.emit('span', { ...span, errorCode: null });
    events.emit('span', { ...span, errorCode: 'ERR_IMAGE_UNDECODABLE' });
    expect(await value('hornet_stage_duration_seconds_sum{serving="cats",stage="decode"}')).toBe(0.25);
    expect(await value('hornet_stage_duration_seconds_count{serving="cats",stage="decode"}')).toBe(1);
    expect(await value('hornet_stage_failures_total{serving="cats",stage="decode",code="ERR_IMAGE_UNDECODABLE"}')).toBe(
      1,
    );
  });

  it('has the sizes of batches, and what they ran on', async () => {
    const { events, value } = start();
    events.emit('batch', { serving: 'cats', size: 3, resource: 'cpu', durationMs: 8, errorCode: null });
    events.emit('batch', {
      serving: 'cats',
      size: 1,
      resource: 'cpu',
      durationMs: 2,
      errorCode: 'ERR_BACKEND_RUN_FAILED',
    });
    expect(await value('hornet_batch_size_images_bucket{le="1",serving="cats"}')).toBe(1);
    expect(await value('hornet_batch_size_images_bucket{le="4",serving="cats"}')).toBe(2);
    expect(await value('hornet_batch_duration_seconds_sum{serving="cats",resource="cpu"}')).toBeCloseTo(0.01);
    expect(await value('hornet_batches_total{serving="cats",outcome="ok"}')).toBe(1);
    expect(await value('hornet_batches_total{serving="cats",outcome="ERR_BACKEND_RUN_FAILED"}')).toBe(1);
  });

  it('says which state a serving is in now, and in no other', async () => {
    const { serving, events, value } = start();
    expect(await value('hornet_serving_state{serving="cats",state="pending"}')).toBe(1);
    serving.status.state = 'ready';
    events.emit('state', { serving: 'cats', state: 'ready', previous: 'pending', previousMs: 1, errorCode: null });
    expect(await value('hornet_serving_state{serving="cats",state="pending"}')).toBe(0);
    expect(await value('hornet_serving_state{serving="cats",state="ready"}')).toBe(1);
    expect(await value('hornet_serving_state_changes_total{serving="cats",state="ready"}')).toBe(1);
  });

  it('reads what is in a serving, what it holds, and what it has used when it is asked', async () => {
    const { serving, shares, value } = start();
    serving.inFlight = 7;
    serving.residentBytes = 1e9;
    shares.push({ resource: 'cpu', serving: 'cats', busyMs: 1500 });
    expect(await value('hornet_queue_depth_images{serving="cats"}')).toBe(7);
    expect(await value('hornet_serving_resident_bytes{serving="cats"}')).toBe(1e9);
    const busy = 'hornet_compute_busy_seconds_total{resource="cpu",serving="cats"}';
    expect(await value(busy)).toBe(1.5);
    // Not added to what was read before.
    expect(await value(busy)).toBe(1.5);
  });

  it('keeps to its prefix, and apart from what else is measured in the process', async () => {
    const { metrics } = start();
    const other = start();
    metrics.countRequest('/classify', 'POST', 200);
    for (const line of (await metrics.text()).split('\n')) expect(line).toMatch(/^(#.*|hornet_.*|)$/);
    const series = 'hornet_http_requests_total{route="/classify",method="POST",status="200"}';
    expect(await other.value(series)).toBeUndefined();
    expect(metrics.contentType).toContain('text/plain');
  });

  it('listens no more once it is closed', () => {
    const { metrics, events } = start();
    expect(events.eventNames().length).toBeGreaterThan(0);
    metrics.close();
    expect(events.eventNames()).toEqual([]);
  });
});
