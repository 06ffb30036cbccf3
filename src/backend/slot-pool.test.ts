import { describe, expect, it } from 'vitest';
import { HornetError } from '../errors/hornet-error.js';
import { SlotPool } from './slot-pool.js';

const closed = new HornetError('ERR_SERVING_CLOSED', 'closed');

describe('SlotPool', () => {
  it('takes from the GPU with the fewest slots taken, in turn where they are equal', async () => {
    const pool = new SlotPool<string>();
    pool.join(['a0', 'a1']);
    pool.join(['b0', 'b1']);
    const first = await pool.take();
    const second = await pool.take();
    const third = await pool.take();
    expect([first.slot[0], second.slot[0], third.slot[0]]).toEqual(['a', 'b', 'a']);
    first.release();
    third.release();
    // Nothing of a is taken, one of b is.
    expect((await pool.take()).slot[0]).toBe('a');
  });

  it('serves those who wait in the order in which they came', async () => {
    const pool = new SlotPool<string>();
    pool.join(['a0']);
    const lease = await pool.take();
    const served: number[] = [];
    const waiting = [1, 2].map(async (who) => {
      const { release } = await pool.take();
      served.push(who);
      release();
    });
    lease.release();
    lease.release();
    await Promise.all(waiting);
    expect(served).toEqual([1, 2]);
  });

  it('gives nothing of a group that left, and tells when all of it is back', async () => {
    const pool = new SlotPool<string>();
    const group = pool.join(['a0', 'a1']);
    const lease = await pool.take();
    let left = false;
    const leaving = pool.leave(group).then(() => {
      left = true;
    });
    const waiting = pool.take();
    await Promise.resolve();
    expect(left).toBe(false);
    lease.release();
    await leaving;
    pool.join(['b0']);
    expect((await waiting).slot).toBe('b0');
  });

  it('rejects who waits and who comes after it was closed, with the first reason', async () => {
    const pool = new SlotPool<string>();
    const waiting = pool.take();
    pool.close(closed);
    pool.close(new HornetError('ERR_INTERNAL', 'later'));
    await expect(waiting).rejects.toBe(closed);
    await expect(pool.take()).rejects.toBe(closed);
  });
});
