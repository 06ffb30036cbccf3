import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';

/** Someone who wants bytes, and what became of that. */
class Taker {
  readonly #abort = new AbortController();
  readonly reason = new Error('gone');
  readonly bytes: number;
  readonly settled: Promise<void>;
  giveBack: (() => void) | undefined;
  state: 'waiting' | 'holding' | 'cancelled' | 'done' = 'waiting';

  constructor(budget: ByteBudget, bytes: number, onGrant: (taker: Taker) => void = () => undefined) {
    this.bytes = bytes;
    this.settled = budget.take(bytes, this.#abort.signal).then(
      (giveBack) => {
        this.giveBack = giveBack;
        this.state = 'holding';
        onGrant(this);
      },
      (error: unknown) => {
        expect(error).toBe(this.reason);
        this.state = 'cancelled';
      },
    );
  }

  cancel(): void {
    this.#abort.abort(this.reason);
  }

  finish(): void {
    this.giveBack?.();
    this.state = 'done';
  }
}

describe('ByteBudget', () => {
  it('gives out what is there, and the rest once it is given back', async () => {
    const budget = new ByteBudget(100);
    const [first, second] = [new Taker(budget, 60), new Taker(budget, 60)];
    await first.settled;
    expect([first.state, second.state, budget.usedBytes, budget.waiting]).toEqual(['holding', 'waiting', 60, 1]);
    first.finish();
    await second.settled;
    expect([second.state, budget.usedBytes, budget.waiting]).toEqual(['holding', 60, 0]);
  });

  it('lets no small one pass a large one that came first', async () => {
    const budget = new ByteBudget(100);
    const [first, large, small] = [new Taker(budget, 50), new Taker(budget, 100), new Taker(budget, 1)];
    await first.settled;
    expect([large.state, small.state]).toEqual(['waiting', 'waiting']);
    first.finish();
    await large.settled;
    expect([large.state, small.state]).toEqual(['holding', 'waiting']);
  });

  it('lets one in that needs more than there is when it is alone, and nobody beside it', async () => {
    const budget = new ByteBudget(100);
    const [first, huge, next] = [new Taker(budget, 1), new Taker(budget, 1000), new Taker(budget, 1)];
    await first.settled;
    expect(huge.state).toBe('waiting');
    first.finish();
    await huge.settled;
    expect([huge.state, next.state, budget.usedBytes]).toEqual(['holding', 'waiting', 1000]);
    huge.finish();
    await next.settled;
    expect(budget.usedBytes).toBe(1);
  });

  it('counts what is given back twice once', async () => {
    const budget = new ByteBudget(100);
    const giveBack = await budget.take(60);
    await budget.take(40);
    giveBack();
    giveBack();
    expect(budget.usedBytes).toBe(40);
  });

  it('takes one out of the line at once when it is cancelled, and lets in who can go then', async () => {
    const budget = new ByteBudget(100);
    const [first, large, small] = [new Taker(budget, 50), new Taker(budget, 100), new Taker(budget, 50)];
    await first.settled;
    large.cancel();
    expect(budget.waiting).toBe(0);
    await Promise.all([large.settled, small.settled]);
    expect([large.state, small.state]).toEqual(['cancelled', 'holding']);
  });

  it('gives nothing to one who was cancelled before', async () => {
    const budget = new ByteBudget(100);
    const reason = new Error('gone');
    await expect(budget.take(1, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect([budget.usedBytes, budget.waiting]).toEqual([0, 0]);
  });

  it('leaves nothing behind on a signal that outlives what was taken', async () => {
    const budget = new ByteBudget(100);
    const controller = new AbortController();
    const giveBack = await budget.take(60, controller.signal);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    controller.abort();
    expect(budget.usedBytes).toBe(60);
    giveBack();
    expect(budget.usedBytes).toBe(0);
  });

  it('serves in order, within its capacity, without idling, whatever comes', async () => {
    const capacity = 100;
    const step = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), bytes: fc.integer({ min: 0, max: 150 }) }),
      fc.record({ kind: fc.constantFrom('finish' as const, 'cancel' as const), which: fc.nat(40) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const budget = new ByteBudget(capacity);
        const takers: Taker[] = [];
        const granted: Taker[] = [];
        const inState = (state: Taker['state']): Taker[] => takers.filter((taker) => taker.state === state);
        const check = async (): Promise<void> => {
          await setImmediate();
          const [holding, waiting] = [inState('holding'), inState('waiting')];
          const used = holding.reduce((sum, { bytes }) => sum + bytes, 0);
          expect([budget.usedBytes, budget.waiting]).toEqual([used, waiting.length]);
          if (used > capacity) expect(holding.filter(({ bytes }) => bytes > 0)).toHaveLength(1);
          // Nobody waits who would fit.
          const [head] = waiting;
          if (head !== undefined) expect(used > 0 && used + head.bytes > capacity).toBe(true);
          expect(granted.map((taker) => takers.indexOf(taker))).toEqual(
            granted.map((taker) => takers.indexOf(taker)).sort((a, b) => a - b),
          );
        };
        for (const next of steps) {
          if (next.kind === 'take') takers.push(new Taker(budget, next.bytes, (taker) => granted.push(taker)));
          else if (next.kind === 'cancel') inState('waiting')[next.which]?.cancel();
          else inState('holding')[next.which]?.finish();
          await check();
        }
        while (inState('holding').length > 0) {
          inState('holding')[0]?.finish();
          await check();
        }
        expect(inState('waiting')).toEqual([]);
        expect(budget.usedBytes).toBe(0);
        expect(granted.length + inState('cancelled').length).toBe(takers.length);
      }),
      { numRuns: 200 },
    );
  });
});
