import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError } from '../errors/hornet-error.js';
import { FakeServing, type FakeServingOptions, Hold } from './fake-serving.test-support.js';
import { ManualClock } from './manual-clock.test-support.js';
import { ServingManager } from './serving-manager.js';

function make(
  options: Partial<FakeServingOptions> = {},
  random = 0,
): {
  clock: ManualClock;
  serving: FakeServing;
  manager: ServingManager<FakeServing>;
  failWith(code: ErrorCode | null): void;
} {
  const clock = new ManualClock();
  const serving = new FakeServing({ name: 'a', clock, ...options });
  const manager = new ServingManager({ servings: [serving], clock, random: () => random });
  const failWith = (code: ErrorCode | null): void => {
    serving.work = async () => {
      if (code !== null) throw new HornetError(code, 'as told');
    };
  };
  return { clock, serving, manager, failWith };
}

/** When the serving was loaded, from now on, in ms. */
async function loadTimes({ clock, serving }: ReturnType<typeof make>, ms: number): Promise<number[]> {
  const from = clock.now();
  const times: number[] = [];
  const onState = ({ state }: { readonly state: string }): void => {
    if (state === 'loading') times.push(clock.now() - from);
  };
  serving.events.on('state', onState);
  await clock.advance(ms);
  serving.events.off('state', onState);
  return times;
}

describe('RetryLoading', () => {
  it('tries again after 5 s, then after twice as long each time, up to 5 min', async () => {
    const made = make();
    made.failWith('ERR_HUB_UNREACHABLE');
    await made.manager.start();
    const times = await loadTimes(made, 1_200_000);
    const waits = times.map((time, index) => (time - (times[index - 1] ?? 0)) / 1000);
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 250, 250, 250]);
  });

  it('waits up to a fifth longer, by chance', async () => {
    const made = make({}, 1);
    made.failWith('ERR_GPU_OUT_OF_MEMORY');
    await made.manager.start();
    expect(made.manager.status()).toMatchObject([{ retryInMs: 6000 }]);
    const times = await loadTimes(made, 2_000_000);
    expect(Math.max(...times.map((time, index) => time - (times[index - 1] ?? 0)))).toBe(300_000);
  });

  it.each<ErrorCode>(['ERR_MODEL_NOT_CLASSIFIER', 'ERR_HUB_GATED', 'ERR_GPU_MISSING', 'ERR_INTERNAL'])(
    'does not try again after %s',
    async (code) => {
      const made = make();
      made.failWith(code);
      await made.manager.start();
      expect(await loadTimes(made, 1e6)).toEqual([]);
      expect(made.manager.status()).toMatchObject([{ retryInMs: null }]);
    },
  );

  it('stops once it succeeds, and begins anew where the serving fails after it was well', async () => {
    const made = make();
    made.failWith('ERR_CACHE_NO_SPACE');
    await made.manager.start();
    await made.clock.advance(20_000);
    made.failWith(null);
    await made.clock.advance(1e6);
    expect(made.serving.status.state).toBe('ready');
    made.serving.lose('ERR_GPU_LOST');
    expect(await loadTimes(made, 1e6)).toEqual([5000]);
  });

  it('waits longer each time for one that is lost soon after each start', async () => {
    const made = make();
    await made.manager.start();
    const waits: (number | null | undefined)[] = [];
    for (let round = 0; round < 4; round++) {
      await made.clock.advance(1000);
      made.serving.lose('ERR_BACKEND_WORKER_LOST');
      const [report] = made.manager.status();
      waits.push(report?.retryInMs);
      await made.clock.advance(report?.retryInMs ?? 0);
    }
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000]);
  });

  it('goes on for a GPU that there was before', async () => {
    const made = make();
    await made.manager.start();
    made.failWith('ERR_GPU_MISSING');
    made.serving.lose('ERR_GPU_LOST');
    expect(await loadTimes(made, 100_000)).toEqual([5000, 15_000, 35_000, 75_000]);
    expect(made.serving.status.state).toBe('no-gpu');
    made.failWith(null);
    await made.clock.advance(100_000);
    expect(made.serving.status.state).toBe('ready');
  });

  it('is replaced by a load by hand', async () => {
    const made = make();
    made.failWith('ERR_LOCK_TIMEOUT');
    await made.manager.start();
    const hold = new Hold();
    made.serving.work = hold.wait;
    const byHand = made.manager.load('a');
    await made.clock.advance(0);
    expect(made.manager.status()).toMatchObject([{ state: 'loading', retryInMs: null }]);
    expect(await loadTimes(made, 1e6)).toEqual([]);
    hold.release();
    await byHand;
    expect(await loadTimes(made, 1e6)).toEqual([]);
    expect(made.serving.loads).toBe(2);
  });

  it('joins a load by hand that begins in the same moment', async () => {
    const made = make();
    made.failWith('ERR_LOCK_TIMEOUT');
    await made.manager.start();
    const hold = new Hold();
    made.serving.work = hold.wait;
    await made.clock.advance(5000);
    const byHand = made.manager.load('a');
    expect(hold.waiting).toBe(1);
    hold.release('ERR_LOCK_TIMEOUT');
    await expect(byHand).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' });
    expect(made.manager.status()).toMatchObject([{ retryInMs: 10_000 }]);
  });

  it('ends with an unload by hand, also one that interrupts it', async () => {
    const made = make();
    made.failWith('ERR_MEMORY_INSUFFICIENT');
    await made.manager.start();
    const hold = new Hold();
    made.serving.work = hold.wait;
    await made.clock.advance(5000);
    const unloaded = made.manager.unload('a');
    hold.release('ERR_MEMORY_INSUFFICIENT');
    await unloaded;
    expect(await loadTimes(made, 1e6)).toEqual([]);
    expect(made.serving.status.state).toBe('unloaded');
  });

  it('keeps still while the serving is replaced, and goes on where that fails', async () => {
    const made = make();
    made.failWith('ERR_CHECKSUM_MISMATCH');
    await made.manager.start();
    const hold = new Hold();
    made.serving.work = hold.wait;
    await made.clock.advance(5000);
    const replaced = made.manager.replace('a', { revision: 'v2' });
    await made.clock.advance(0);
    hold.release('ERR_CHECKSUM_MISMATCH');
    expect(await loadTimes(made, 1e6)).toEqual([]);
    expect(made.serving.status.state).toBe('failed');
    hold.release('ERR_HUB_REVISION_NOT_FOUND');
    await expect(replaced).rejects.toMatchObject({ code: 'ERR_HUB_REVISION_NOT_FOUND' });
    made.failWith(null);
    await made.clock.advance(10_000);
    expect(made.serving.status.state).toBe('ready');
  });

  it('lets the next request try an on-demand serving again, 5 s later, and loads it for nobody', async () => {
    const made = make({ memory: 'on-demand' });
    made.failWith('ERR_MEMORY_INSUFFICIENT');
    await made.manager.start();
    for (let round = 0; round < 3; round++) {
      await expect(made.serving.request()).rejects.toMatchObject({ code: 'ERR_MEMORY_INSUFFICIENT' });
      expect(made.manager.status()).toMatchObject([{ state: 'failed', retryInMs: 5000 }]);
      expect(await loadTimes(made, 1e6)).toEqual([]);
      expect(made.serving.status.state).toBe('unloaded');
    }
    made.failWith(null);
    (await made.serving.request())();
    expect(made.serving.status.state).toBe('ready');
  });

  it('ends with the signal, and with close', async () => {
    const made = make();
    made.failWith('ERR_HUB_UNREACHABLE');
    const stop = new AbortController();
    await made.manager.start(stop.signal);
    stop.abort();
    expect(await loadTimes(made, 1e6)).toEqual([]);
    const late = make();
    late.failWith('ERR_HUB_UNREACHABLE');
    await late.manager.start(stop.signal);
    expect(late.clock.nextAt).toBeUndefined();
    const closed = make();
    closed.failWith('ERR_HUB_UNREACHABLE');
    await closed.manager.start();
    await closed.manager.close({ graceMs: 1000 });
    expect(await loadTimes(closed, 1e6)).toEqual([]);
  });

  it('tries again one that fails too soon to enter another state', async () => {
    const { clock, serving, manager, failWith } = make();
    failWith('ERR_HUB_UNREACHABLE');
    await manager.start();
    let loads = 0;
    serving.load = () => {
      loads++;
      return Promise.reject(new HornetError('ERR_HUB_UNREACHABLE', 'at once'));
    };
    await clock.advance(15_000);
    expect(loads).toBe(2);
  });
});
