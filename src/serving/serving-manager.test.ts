import { describe, expect, it } from 'vitest';
import { FakeServing, type FakeServingOptions, Hold } from './fake-serving.test-support.js';
import { ManualClock } from './manual-clock.test-support.js';
import { ResidentMemory } from './resident-memory.js';
import { ServingManager } from './serving-manager.js';

interface Made {
  readonly clock: ManualClock;
  readonly manager: ServingManager<FakeServing>;
  readonly servings: [FakeServing, FakeServing];
}

function make(options: Partial<FakeServingOptions> = {}, second = options, random = 0): Made {
  const clock = new ManualClock();
  const servings: [FakeServing, FakeServing] = [
    new FakeServing({ name: 'a', clock, ...options }),
    new FakeServing({ name: 'b', clock, ...second }),
  ];
  return { clock, servings, manager: new ServingManager({ servings, clock, random: () => random }) };
}

function unlimitedMemory(clock = new ManualClock()): ResidentMemory {
  return new ResidentMemory({ maxLoaded: 0, maxResidentBytes: 0, availableBytes: () => null, clock });
}

const onDemand = { memory: 'on-demand', unloadAfterMs: 60_000 } as const;
const states = ({ servings }: Made): string[] => servings.map(({ status }) => status.state);

describe('ServingManager', () => {
  it('finds servings by name, the first being the default one, and tells which there are', () => {
    const { manager, servings } = make();
    expect(manager.default).toBe(servings[0]);
    expect(manager.get('b')).toBe(servings[1]);
    expect(() => manager.get('c')).toThrow(
      expect.objectContaining({ code: 'ERR_SERVING_NOT_FOUND', details: { servings: ['a', 'b'] } }),
    );
  });

  it('preloads side by side, the default one first, and leaves on-demand ones to their first request', async () => {
    const made = make({}, onDemand);
    const { manager, servings, clock } = made;
    expect(manager.ready()).toBe(false);
    await manager.start();
    expect(states(made)).toEqual(['ready', 'pending']);
    expect(manager.ready()).toBe(true);
    (await servings[1].request())();
    await clock.advance(0);
    expect(states(made)).toEqual(['ready', 'ready']);
  });

  it('starts every preload before any is through', async () => {
    const made = make();
    const hold = new Hold();
    for (const serving of made.servings) serving.work = hold.wait;
    const started = made.manager.start();
    await made.clock.advance(0);
    expect(hold.waiting).toBe(2);
    hold.release();
    await made.clock.advance(0);
    expect(states(made)).toEqual(['ready', 'loading']);
    expect(made.manager.ready()).toBe(false);
    hold.release();
    await started;
    expect(made.manager.ready()).toBe(true);
  });

  it('starts once, and does not fail where a serving does', async () => {
    const { manager, servings } = make();
    const hold = new Hold();
    servings[0].work = hold.wait;
    const started = manager.start();
    expect(manager.start()).toBe(started);
    await new Promise((resolve) => setImmediate(resolve));
    hold.release('ERR_ONNX_INVALID');
    await started;
    expect(servings.map(({ loads }) => loads)).toEqual([1, 1]);
    expect(manager.status()).toMatchObject([
      { name: 'a', state: 'failed', retryInMs: null, memory: 'preload', inFlight: 0 },
      { name: 'b', state: 'ready', residentBytes: 0 },
    ]);
  });

  it('loads and unloads by hand, and refuses requests in between', async () => {
    const { manager, servings } = make();
    await manager.start();
    await manager.unload('a');
    expect(manager.ready()).toBe(false);
    await expect(servings[0].request()).rejects.toMatchObject({ code: 'ERR_SERVING_UNLOADED' });
    await manager.load('a');
    expect(manager.ready()).toBe(true);
    await expect(manager.load('c')).rejects.toMatchObject({ code: 'ERR_SERVING_NOT_FOUND' });
    await expect(manager.unload('c')).rejects.toMatchObject({ code: 'ERR_SERVING_NOT_FOUND' });
    await expect(manager.replace('c', {})).rejects.toMatchObject({ code: 'ERR_SERVING_NOT_FOUND' });
  });

  it('keeps both models while one replaces the other', async () => {
    const clock = new ManualClock();
    const resident = new ResidentMemory({ maxLoaded: 1, maxResidentBytes: 0, availableBytes: () => null, clock });
    const { manager, servings } = make({ resident, bytes: 5 }, { ...onDemand, resident, bytes: 5 });
    await manager.start();
    const hold = new Hold();
    servings[0].work = hold.wait;
    const replaced = manager.replace('a', { revision: 'v2' });
    await clock.advance(0);
    expect(resident.report().residents).toHaveLength(2);
    expect(manager.ready()).toBe(true);
    hold.release();
    await replaced;
    expect(resident.report().residents).toEqual([{ serving: 'a', bytes: 5, state: 'loaded' }]);
  });

  it('tries one again that lacked memory once another one is unloaded, but not more often than every 5 s', async () => {
    const clock = new ManualClock();
    const resident = new ResidentMemory({ maxLoaded: 1, maxResidentBytes: 0, availableBytes: () => null, clock });
    const made = make({ resident });
    const [, lacking] = made.servings;
    await made.manager.start();
    // Tried 5, 15, 35, 75 and 155 s after the first failure, and then in 160 s.
    await made.clock.advance(156_000);
    expect(lacking.loads).toBe(6);
    expect(made.manager.status()[1]).toMatchObject({ state: 'failed', retryInMs: 159_000 });
    await made.manager.unload('a');
    expect(made.manager.status()[1]).toMatchObject({ retryInMs: 4000 });
    await made.clock.advance(4000);
    expect(states(made)).toEqual(['unloaded', 'ready']);
  });

  it('takes care of what was loaded, or has failed, before it is started', async () => {
    const made = make(onDemand);
    const [loaded, failed] = made.servings;
    await loaded.load();
    await failed.load();
    failed.lose('ERR_GPU_LOST');
    await made.manager.start();
    await made.clock.advance(5000);
    expect(states(made)).toEqual(['ready', 'unloaded']);
    await made.clock.advance(55_000);
    expect(states(made)).toEqual(['unloaded', 'unloaded']);
  });

  describe('unloading idle servings', () => {
    it('happens unloadAfterMs after the last use, and the next request loads again', async () => {
      const { clock, manager, servings } = make(onDemand);
      await manager.start();
      const [serving] = servings;
      const answer = await serving.request();
      await clock.advance(200_000);
      expect(serving.unloads).toEqual([]);
      answer();
      await clock.advance(59_999);
      expect(serving.unloads).toEqual([]);
      await clock.advance(1);
      expect(serving.unloads).toEqual(['idle']);
      expect(serving.status.state).toBe('unloaded');
      (await serving.request())();
      expect(serving.loads).toBe(2);
    });

    it('counts loading by hand, and replacing, as use', async () => {
      const { clock, manager, servings } = make(onDemand);
      await manager.start();
      await clock.advance(100_000);
      await manager.load('a');
      await clock.advance(50_000);
      const hold = new Hold();
      servings[0].work = hold.wait;
      const replaced = manager.replace('a', {});
      await clock.advance(70_000);
      hold.release();
      await replaced;
      await clock.advance(59_999);
      expect(servings[0].status.state).toBe('ready');
      await clock.advance(60_000);
      expect(servings[0].unloads).toEqual(['idle']);
    });

    it('leaves preloaded ones and those without a limit alone', async () => {
      const made = make({ memory: 'preload', unloadAfterMs: 1000 }, { memory: 'on-demand', unloadAfterMs: 0 });
      await made.manager.start();
      await made.manager.load('b');
      await made.clock.advance(1e9);
      expect(states(made)).toEqual(['ready', 'ready']);
    });

    it('keeps to limits that are longer than timers can be', async () => {
      const unloadAfterMs = 3 * 2 ** 31;
      const { clock, manager, servings } = make({ memory: 'on-demand', unloadAfterMs });
      await manager.start();
      await manager.load('a');
      expect(clock.nextAt).toBeLessThan(2 ** 31);
      await clock.advance(unloadAfterMs - 1);
      expect(servings[0].status.state).toBe('ready');
      await clock.advance(1);
      expect(servings[0].status.state).toBe('unloaded');
    });

    it('lets a request that comes while it is unloaded wait and load it again', async () => {
      const resident = unlimitedMemory();
      const { clock, manager, servings } = make({ ...onDemand, resident });
      const [serving] = servings;
      await manager.start();
      await manager.load('a');
      const hold = new Hold();
      serving.freeing = hold.wait;
      await clock.advance(60_000);
      expect(serving.status.state).toBe('draining');
      const requested = serving.request();
      hold.release();
      (await requested)();
      expect(serving.loads).toBe(2);
      expect(serving.status.state).toBe('ready');
    });
  });

  describe('close', () => {
    it('waits for what is in the servings', async () => {
      const { manager, servings, clock } = make();
      await manager.start();
      const answer = await servings[0].request();
      const closed = manager.close({ graceMs: 30_000 });
      expect(manager.ready()).toBe(false);
      await clock.advance(29_999);
      answer();
      expect(await closed).toBe(0);
      expect(clock.nextAt).toBeUndefined();
    });

    it('gives up after the grace and tells how many images were cut off', async () => {
      const { manager, servings, clock } = make();
      await manager.start();
      await servings[0].request();
      await servings[0].request();
      (await servings[1].request())();
      const closed = manager.close({ graceMs: 30_000 });
      expect(manager.close({ graceMs: 0 })).toBe(closed);
      await clock.advance(30_000);
      expect(await closed).toBe(2);
    });

    it('ends loads, retries and idle unloading, and takes no more changes', async () => {
      const { manager, servings, clock } = make({}, onDemand);
      const hold = new Hold();
      servings[0].work = hold.wait;
      const started = manager.start();
      await manager.load('b');
      await clock.advance(0);
      const closed = manager.close({ graceMs: 1000 });
      await started;
      expect(await closed).toBe(0);
      for (const change of [manager.load('a'), manager.unload('a'), manager.replace('a', {})]) {
        await expect(change).rejects.toMatchObject({ code: 'ERR_SERVING_CLOSED' });
      }
      await clock.advance(1e6);
      expect(servings.map(({ loads }) => loads)).toEqual([1, 1]);
      expect(servings[1].unloads).toEqual([]);
      for (const { events } of servings) expect(events.eventNames()).toEqual([]);
    });

    it('loads nothing where it is started after that', async () => {
      const { manager, servings } = make();
      await manager.close({ graceMs: 0 });
      await manager.start();
      expect(servings[0].loads).toBe(0);
    });
  });
});
