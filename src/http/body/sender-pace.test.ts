import { describe, expect, it } from 'vitest';
import type { HornetError } from '../../errors/hornet-error.js';
import { ManualClock } from '../../serving/manual-clock.test-support.js';
import { SenderPace } from './sender-pace.js';

describe('SenderPace', () => {
  function watched(): { clock: ManualClock; pace: SenderPace; errors: HornetError[]; hold: { isHeldUp: boolean } } {
    const clock = new ManualClock();
    const errors: HornetError[] = [];
    const hold = { isHeldUp: false };
    const pace = new SenderPace({
      clock,
      idleMs: 1000,
      isHeldUp: () => hold.isHeldUp,
      onTooSlow: (error) => errors.push(error),
    });
    return { clock, pace, errors, hold };
  }

  it('tells once of a sender of whom nothing comes for the whole time', async () => {
    const { clock, errors } = watched();
    await clock.advance(999);
    expect(errors).toEqual([]);
    await clock.advance(5000);
    expect(errors).toMatchObject([{ code: 'ERR_REQUEST_TIMEOUT', status: 408, details: { receivedBytes: 0 } }]);
    expect(clock.nextAt).toBeUndefined();
  });

  it('blames no sender for the time that the process itself stood still', () => {
    let nowMs = 0;
    let look = (): void => {};
    const errors: HornetError[] = [];
    const clock = {
      now: () => nowMs,
      after: (_delayMs: number, callback: () => void) => {
        look = callback;
        return () => {};
      },
    };
    const pace = new SenderPace({
      clock,
      idleMs: 1000,
      isHeldUp: () => false,
      onTooSlow: (error) => errors.push(error),
    });
    // Stopped for a minute; what came meanwhile is read after the timer.
    nowMs = 60_000;
    look();
    pace.received(100_000);
    nowMs += 1;
    look();
    expect(errors).toEqual([]);
    nowMs += 60_000;
    look();
    nowMs += 1;
    look();
    expect(errors).toHaveLength(1);
  });

  it('counts the time from the last byte', async () => {
    const { clock, pace, errors } = watched();
    await clock.advance(900);
    pace.received(1_000_000);
    await clock.advance(999);
    expect(errors).toEqual([]);
    await clock.advance(1);
    expect(errors).toHaveLength(1);
  });

  it('tells of a sender who gives a byte now and then', async () => {
    const { clock, pace, errors } = watched();
    for (let round = 0; round < 20 && errors.length === 0; round++) {
      pace.received(1);
      await clock.advance(100);
    }
    expect(errors[0]?.message).toMatch(/less than 1024 bytes per second/);
    expect(clock.now()).toBeLessThanOrEqual(2000);
  });

  it('leaves a sender alone who is just fast enough, with one timer', async () => {
    const { clock, pace, errors } = watched();
    for (let second = 0; second < 60; second++) {
      pace.received(1024);
      expect(clock.nextAt).toBeDefined();
      await clock.advance(999);
      pace.received(1);
      await clock.advance(1);
    }
    expect(errors).toEqual([]);
    pace.stop();
    expect(clock.nextAt).toBeUndefined();
  });

  it('does not blame a sender whose bytes are not taken', async () => {
    const { clock, pace, errors, hold } = watched();
    hold.isHeldUp = true;
    await clock.advance(10_000);
    expect(errors).toEqual([]);
    hold.isHeldUp = false;
    pace.received(2048);
    await clock.advance(999);
    expect(errors).toEqual([]);
    await clock.advance(1001);
    expect(errors).toHaveLength(1);
  });
});
