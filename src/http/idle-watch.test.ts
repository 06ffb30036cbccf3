import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../serving/manual-clock.test-support.js';
import type { ServingEventMap } from '../serving/serving-events.js';
import type { ServingStateName } from '../serving/serving-state.js';
import { testStatus } from '../serving/serving-status.test-support.js';
import { IdleWatch } from './idle-watch.js';

function start(stopAfterIdleMs = 1000) {
  const clock = new ManualClock();
  const stoppedAt: number[] = [];
  const watch = new IdleWatch({ clock, stopAfterIdleMs, onIdle: () => stoppedAt.push(clock.now()) });
  const events = new EventEmitter<ServingEventMap>();
  let state: ServingStateName = 'pending';
  const enter = (next: ServingStateName): void => {
    const previous = state;
    state = next;
    events.emit('state', { serving: 'one', state, previous, previousMs: 0, errorCode: null });
  };
  watch.watch({ name: 'one', events, status: testStatus({ state }) });
  return { clock, watch, enter, events, stoppedAt };
}

describe('IdleWatch', () => {
  it('calls back once, after the time has passed without use', async () => {
    const { clock, stoppedAt } = start();
    await clock.advance(999);
    expect(stoppedAt).toEqual([]);
    await clock.advance(5000);
    expect(stoppedAt).toEqual([1000]);
  });

  it('never calls back with 0', async () => {
    const { clock, stoppedAt } = start(0);
    await clock.advance(1e9);
    expect(stoppedAt).toEqual([]);
    expect(clock.nextAt).toBeUndefined();
  });

  it('can wait for longer than a timer can', async () => {
    const { clock, stoppedAt } = start(1e10);
    await clock.advance(1e11);
    expect(stoppedAt).toEqual([1e10]);
  });

  it('counts from the end of the last of several overlapping uses', async () => {
    const { clock, watch, stoppedAt } = start();
    const first = watch.begin();
    const second = watch.begin();
    expect(watch.open).toBe(2);
    await clock.advance(5000);
    first();
    first();
    await clock.advance(5000);
    expect(stoppedAt).toEqual([]);
    second();
    await clock.advance(5000);
    expect(stoppedAt).toEqual([11_000]);
  });

  it('waits while a serving is loading, and counts from when it is ready', async () => {
    const { clock, enter, stoppedAt } = start();
    enter('downloading');
    await clock.advance(10_000);
    enter('loading');
    await clock.advance(10_000);
    enter('ready');
    await clock.advance(10_000);
    expect(stoppedAt).toEqual([21_000]);
  });

  it('ends although a model that cannot be loaded is tried again and again', async () => {
    const { clock, enter, stoppedAt } = start();
    for (let attempt = 0; attempt < 10; attempt++) {
      enter('downloading');
      await clock.advance(50);
      enter('failed');
      await clock.advance(100);
    }
    expect(stoppedAt).toEqual([1000]);
  });

  it('counts a serving that was already loading when it was told of it', async () => {
    const { clock, watch, stoppedAt } = start();
    const events = new EventEmitter<ServingEventMap>();
    watch.watch({ name: 'two', events, status: testStatus({ state: 'building', name: 'two' }) });
    await clock.advance(10_000);
    expect(stoppedAt).toEqual([]);
  });

  it('leaves nothing behind when it is closed', async () => {
    const { clock, watch, events, stoppedAt } = start();
    watch.close();
    watch.begin()();
    expect(clock.nextAt).toBeUndefined();
    expect(events.listenerCount('state')).toBe(0);
    await clock.advance(10_000);
    expect(stoppedAt).toEqual([]);
  });

  it('stops exactly when there was no use for the time, whatever the uses', async () => {
    const uses = fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 1500 }), forMs: fc.nat(1500) }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(uses, async (list) => {
        const { clock, watch, stoppedAt } = start();
        let expected: number | undefined;
        for (const { gapMs, forMs } of list) {
          if (gapMs >= 1000) expected ??= clock.now() + 1000;
          await clock.advance(gapMs);
          const end = watch.begin();
          await clock.advance(forMs);
          end();
        }
        expected ??= clock.now() + 1000;
        await clock.advance(1000);
        expect(stoppedAt).toEqual([expected]);
      }),
      { numRuns: 50 },
    );
  });
});
