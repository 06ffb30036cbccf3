import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestQueue } from './request-queue.js';

/** Work that a test lets end when it likes. */
class TestWork {
  isHolding = false;
  readonly ends: ((againMs: number | null) => void)[] = [];
  signal: AbortSignal | undefined;

  isHeld(): boolean {
    return this.isHolding;
  }

  run(signal: AbortSignal): Promise<number | null> {
    this.signal = signal;
    return new Promise((resolve) => this.ends.push(resolve));
  }
}

describe('RequestQueue', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const add = (queue: RequestQueue, count: number): TestWork[] =>
    Array.from({ length: count }, () => {
      const work = new TestWork();
      queue.add(work);
      return work;
    });
  const runsOf = (works: readonly TestWork[]): number[] => works.map(({ ends }) => ends.length);

  it('runs no more at once than it may, in order', async () => {
    const queue = new RequestQueue({ maxInFlight: 2 });
    const works = add(queue, 4);
    expect(runsOf(works)).toEqual([1, 1, 0, 0]);
    works[1]?.ends[0]?.(null);
    await vi.runAllTimersAsync();
    expect(runsOf(works)).toEqual([1, 1, 1, 0]);
    expect(queue.inFlight).toBe(2);
  });

  it('leaves what is held, lets others pass, and runs it when it is looked at again', () => {
    const queue = new RequestQueue({ maxInFlight: 2 });
    const held = new TestWork();
    held.isHolding = true;
    queue.add(held);
    const [other] = add(queue, 1);
    expect(runsOf([held, other as TestWork])).toEqual([0, 1]);
    held.isHolding = false;
    queue.look();
    expect(runsOf([held])).toEqual([1]);
  });

  it('runs again after the time that work asks for, before what was added later', async () => {
    const queue = new RequestQueue({ maxInFlight: 1 });
    const works = add(queue, 3);
    works[0]?.ends[0]?.(500);
    await vi.advanceTimersByTimeAsync(400);
    expect(runsOf(works)).toEqual([1, 1, 0]);
    await vi.advanceTimersByTimeAsync(200);
    works[1]?.ends[0]?.(null);
    await vi.advanceTimersByTimeAsync(0);
    expect(runsOf(works)).toEqual([2, 1, 0]);
  });

  it('aborts what is cancelled while it runs, and never runs what is cancelled before', async () => {
    const queue = new RequestQueue({ maxInFlight: 1 });
    const [running, waiting] = [new TestWork(), new TestWork()];
    const [cancelRunning, cancelWaiting] = [queue.add(running), queue.add(waiting)];
    cancelWaiting();
    cancelRunning();
    expect(running.signal?.aborted).toBe(true);
    running.ends[0]?.(0);
    await vi.runAllTimersAsync();
    expect(runsOf([running, waiting])).toEqual([1, 0]);
  });
});
