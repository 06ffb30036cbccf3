import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UnloadReason } from './managed-serving.js';
import { ManualClock } from './manual-clock.test-support.js';
import { type Lease, type MemoryOwner, ResidentMemory, type ResidentMemoryOptions } from './resident-memory.js';
import type { ServingEventMap } from './serving-events.js';
import { testStatus } from './serving-status.test-support.js';

/** Holds leases as a serving would, and gives them back when it is told to unload. */
class Owner implements MemoryOwner {
  readonly events = new EventEmitter<ServingEventMap>();
  readonly leases: Lease[] = [];
  readonly unloads: UnloadReason[] = [];
  readonly name: string;
  readonly options: MemoryOwner['options'];
  inFlight = 0;
  lastUsedAtMs = 0;
  status = testStatus({ state: 'ready' });
  /** What unloading takes; the leases are given back after it. */
  freeing: () => Promise<void> = () => Promise.resolve();

  constructor(name: string, options: MemoryOwner['options'] = { memory: 'on-demand', unloadAfterMs: 0 }) {
    this.name = name;
    this.options = options;
  }

  async unload(reason: UnloadReason): Promise<void> {
    this.unloads.push(reason);
    await this.freeing();
    for (const lease of this.leases.splice(0)) lease.release();
  }

  becomeIdle(): void {
    this.inFlight = 0;
    this.events.emit('idle', { serving: this.name });
  }
}

const preloaded: MemoryOwner['options'] = { memory: 'preload', unloadAfterMs: 0 };

function makeMemory(options: Partial<ResidentMemoryOptions> = {}): { memory: ResidentMemory; clock: ManualClock } {
  const clock = new ManualClock();
  const memory = new ResidentMemory({
    maxLoaded: 0,
    maxResidentBytes: 0,
    availableBytes: () => null,
    clock,
    busyWaitMs: 1000,
    ...options,
  });
  return { memory, clock };
}

async function admit(
  memory: ResidentMemory,
  owner: Owner,
  bytes = 100,
  signal = new AbortController().signal,
): Promise<Lease> {
  const lease = await memory.admit({ owner, bytes, signal });
  owner.leases.push(lease);
  return lease;
}

async function load(memory: ResidentMemory, owner: Owner, bytes?: number): Promise<void> {
  (await admit(memory, owner, bytes)).loaded();
}

/** What a promise has come to so far: `waits`, `done`, or the code of its error. */
function watch(promise: Promise<unknown>): { readonly now: string } {
  const seen = { now: 'waits' };
  promise.then(
    () => (seen.now = 'done'),
    (error: { code?: string; message?: string }) => (seen.now = error.code ?? error.message ?? 'failed'),
  );
  return seen;
}

const settle = (clock: ManualClock): Promise<void> => clock.advance(0);

describe('ResidentMemory', () => {
  it('evicts the least recently used serving that nobody uses, by its last use or its loading', async () => {
    const { memory, clock } = makeMemory({ maxLoaded: 3 });
    const [used, loadedFirst, loadedLast] = ['used', 'loaded-first', 'loaded-last'].map((name) => new Owner(name));
    for (const owner of [used, loadedFirst, loadedLast]) {
      await load(memory, owner as Owner);
      await clock.advance(10);
    }
    (used as Owner).lastUsedAtMs = 25;
    await load(memory, new Owner('next'));
    expect(loadedFirst?.unloads).toEqual(['evicted']);
    expect(memory.report().residents.map(({ serving }) => serving)).toEqual(['used', 'loaded-last', 'next']);
  });

  it('waits until what it evicts is gone', async () => {
    const { memory, clock } = makeMemory({ maxLoaded: 1 });
    const old = new Owner('old');
    await load(memory, old);
    let free: () => void = () => {};
    old.freeing = () => new Promise((resolve) => (free = resolve));
    const admitted = watch(admit(memory, new Owner('next')));
    await settle(clock);
    expect(old.unloads).toEqual(['evicted']);
    const later = watch(admit(memory, new Owner('later', preloaded)));
    await settle(clock);
    expect([admitted.now, later.now]).toEqual(['waits', 'waits']);
    free();
    await settle(clock);
    expect(admitted.now).toBe('done');
  });

  it('never evicts a preloaded one, one in use, one that is being loaded, or one that waits to be replaced', async () => {
    const { memory, clock } = makeMemory({ maxResidentBytes: 400 });
    const owners = [new Owner('preloaded', preloaded), new Owner('used'), new Owner('loading'), new Owner('replaced')];
    const [preload, used, loading, replaced] = owners as [Owner, Owner, Owner, Owner];
    await load(memory, preload);
    await load(memory, used);
    await load(memory, replaced);
    used.inFlight = 1;
    const lease = await admit(memory, loading);
    const next = watch(admit(memory, new Owner('next')));
    const replacement = watch(admit(memory, replaced));
    await settle(clock);
    lease.loaded();
    loading.inFlight = 1;
    await clock.advance(1000);
    expect(next.now).toBe('ERR_MEMORY_INSUFFICIENT');
    await clock.advance(1000);
    expect(replacement.now).toBe('ERR_MEMORY_INSUFFICIENT');
    expect(owners.flatMap(({ unloads }) => unloads)).toEqual([]);
  });

  it('refuses at once, naming what is in memory, where nothing can go', async () => {
    const { memory } = makeMemory({ maxResidentBytes: 3_000_000 });
    await load(memory, new Owner('first', preloaded), 2_000_000);
    await expect(admit(memory, new Owner('second'), 1_500_000)).rejects.toMatchObject({
      code: 'ERR_MEMORY_INSUFFICIENT',
      message:
        'Serving "second" needs 1.5 MB of memory, but all together may take 3.0 MB; in memory are first (2.0 MB).',
      details: { neededBytes: 1_500_000, residents: [{ serving: 'first', bytes: 2_000_000, state: 'loaded' }] },
    });
  });

  it('evicts one in use as soon as it is idle, and gives up where that takes too long', async () => {
    const { memory, clock } = makeMemory({ maxLoaded: 1 });
    const busy = new Owner('busy');
    await load(memory, busy);
    busy.inFlight = 1;
    const refused = watch(admit(memory, new Owner('impatient')));
    await clock.advance(999);
    expect(refused.now).toBe('waits');
    await clock.advance(1);
    expect(refused.now).toBe('ERR_MEMORY_INSUFFICIENT');
    const admitted = watch(admit(memory, new Owner('patient')));
    await clock.advance(999);
    busy.becomeIdle();
    await settle(clock);
    expect(admitted.now).toBe('done');
    expect(clock.nextAt).toBeUndefined();
  });

  it('leaves alone what was idle and is used again before its turn comes', async () => {
    const { memory, clock } = makeMemory({ maxLoaded: 1 });
    const busy = new Owner('busy');
    await load(memory, busy);
    busy.inFlight = 1;
    const waits = watch(admit(memory, new Owner('next')));
    await settle(clock);
    busy.becomeIdle();
    busy.inFlight = 1;
    await settle(clock);
    expect(busy.unloads).toEqual([]);
    expect(waits.now).toBe('waits');
  });

  it('loads side by side what fits, and one after another what does not', async () => {
    const { memory, clock } = makeMemory({ availableBytes: () => 250 });
    const first = await admit(memory, new Owner('first'));
    await admit(memory, new Owner('second'));
    const third = watch(admit(memory, new Owner('third')));
    await settle(clock);
    expect(third.now).toBe('waits');
    first.loaded();
    await settle(clock);
    expect(third.now).toBe('done');
  });

  it('lets one that waits be passed by nobody', async () => {
    const { memory, clock } = makeMemory({ availableBytes: () => 250 });
    const first = await admit(memory, new Owner('first'));
    const large = watch(admit(memory, new Owner('large'), 200));
    const small = watch(admit(memory, new Owner('small'), 1));
    await settle(clock);
    expect([large.now, small.now]).toEqual(['waits', 'waits']);
    first.release();
    await settle(clock);
    expect([large.now, small.now]).toEqual(['done', 'done']);
  });

  it('takes out at once what is cancelled, and looks at the next one', async () => {
    const { memory, clock } = makeMemory({ availableBytes: () => 250 });
    await admit(memory, new Owner('first'));
    const cancelled = new AbortController();
    const large = watch(admit(memory, new Owner('large'), 200, cancelled.signal));
    const small = watch(admit(memory, new Owner('small'), 1));
    await settle(clock);
    cancelled.abort(new Error('enough'));
    await settle(clock);
    expect([large.now, small.now]).toEqual(['enough', 'done']);
    await expect(admit(memory, new Owner('late'), 1, cancelled.signal)).rejects.toThrow('enough');
    expect(memory.report().waiting).toBe(0);
  });

  it('goes on with the next one where an eviction fails', async () => {
    const { memory, clock } = makeMemory({ maxLoaded: 2 });
    const [stuck, other] = [new Owner('stuck'), new Owner('other')];
    await load(memory, stuck);
    await clock.advance(10);
    await load(memory, other);
    stuck.freeing = () => Promise.reject(new Error('stuck'));
    await load(memory, new Owner('next'));
    expect(memory.report().residents.map(({ serving }) => serving)).toEqual(['stuck', 'next']);
  });

  it('holds both models of a serving that is replaced, and counts it once', async () => {
    const { memory } = makeMemory({ maxLoaded: 1, maxResidentBytes: 250 });
    const owner = new Owner('replaced');
    await load(memory, owner);
    const [old] = owner.leases;
    await load(memory, owner);
    expect(memory.report().residents).toHaveLength(2);
    old?.release();
    old?.release();
    expect(memory.report().residents).toEqual([{ serving: 'replaced', bytes: 100, state: 'loaded' }]);
    await expect(admit(memory, owner, 151)).rejects.toMatchObject({ code: 'ERR_MEMORY_INSUFFICIENT' });
  });

  it('listens to nobody whose models are gone', async () => {
    const { memory } = makeMemory();
    const owner = new Owner('owner');
    await load(memory, owner);
    await owner.unload('idle');
    expect(owner.events.listenerCount('idle')).toBe(0);
  });

  it('keeps the limits, evicts nothing in use and forgets nobody, in whatever order things happen', async () => {
    const names = ['a', 'b', 'c', 'd'] as const;
    const step = fc.oneof(
      fc.record({ kind: fc.constant('load' as const), at: fc.nat(3), bytes: fc.integer({ min: 1, max: 60 }) }),
      fc.record({
        kind: fc.constantFrom('finish' as const, 'fail' as const, 'use' as const, 'idle' as const, 'cancel' as const),
        at: fc.nat(3),
      }),
      fc.record({ kind: fc.constantFrom('settle' as const, 'pass' as const), at: fc.nat(600) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 40 }),
        fc.boolean(),
        async (scheduler, steps, tight) => {
          const limits = tight ? { maxLoaded: 2, maxResidentBytes: 100 } : { maxLoaded: 3, maxResidentBytes: 0 };
          const { memory, clock } = makeMemory(limits);
          const wrongly: string[] = [];
          const owners = names.map((name, index) => {
            const owner = new Owner(name, index === 0 ? preloaded : undefined);
            owner.freeing = () => {
              const { residents } = memory.report();
              const isLoading = residents.some((one) => one.serving === name && one.state === 'loading');
              if (isLoading || owner.inFlight > 0 || owner.options.memory === 'preload') wrongly.push(name);
              return scheduler.schedule(Promise.resolve(), `free ${name}`);
            };
            return owner;
          });
          const outcomes: { now: string }[] = [];
          const cancels = new Map<Owner, AbortController>();
          const loading: { owner: Owner; lease: Lease }[] = [];
          const check = (): void => {
            expect(wrongly).toEqual([]);
            const { residents } = memory.report();
            const held = new Set(residents.map(({ serving }) => serving));
            expect(held.size).toBeLessThanOrEqual(limits.maxLoaded);
            const bytes = residents.reduce((sum, one) => sum + one.bytes, 0);
            if (limits.maxResidentBytes > 0) expect(bytes).toBeLessThanOrEqual(limits.maxResidentBytes);
          };
          const take = (owner: Owner): Lease | undefined => {
            const index = loading.findIndex((one) => one.owner === owner);
            return index === -1 ? undefined : loading.splice(index, 1)[0]?.lease;
          };
          const finish = (owner: Owner): void => {
            const lease = take(owner);
            if (lease === undefined) return;
            owner.leases.push(lease);
            lease.loaded();
          };
          for (const { kind, ...rest } of steps) {
            const owner = owners[rest.at % 4] as Owner;
            if (kind === 'load' && 'bytes' in rest) {
              const cancel = new AbortController();
              cancels.set(owner, cancel);
              const admitted = memory.admit({ owner, bytes: rest.bytes, signal: cancel.signal });
              outcomes.push(watch(admitted.then((lease) => loading.push({ owner, lease }))));
            } else if (kind === 'finish') finish(owner);
            else if (kind === 'fail') take(owner)?.release();
            else if (kind === 'use') owner.inFlight = 1;
            else if (kind === 'idle') owner.becomeIdle();
            else if (kind === 'cancel') cancels.get(owner)?.abort(new Error('cancelled'));
            else if (kind === 'pass') await clock.advance(rest.at);
            else if (scheduler.count() > 0) await scheduler.waitOne();
            await settle(clock);
            check();
          }
          // Once all is finished and time goes by, everybody has an answer.
          for (let round = 0; outcomes.some(({ now }) => now === 'waits'); round++) {
            expect(round).toBeLessThan(200);
            for (const owner of owners) finish(owner);
            if (scheduler.count() > 0) await scheduler.waitOne();
            await clock.advance(1000);
            check();
          }
          for (const { now } of outcomes) expect(['done', 'cancelled', 'ERR_MEMORY_INSUFFICIENT']).toContain(now);
          await scheduler.waitAll();
          expect(memory.report().waiting).toBe(0);
          expect(clock.nextAt).toBeUndefined();
        },
      ),
      { numRuns: 200 },
    );
  });
});
