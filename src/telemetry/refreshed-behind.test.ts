import { expect, it } from 'vitest';
import { refreshedBehind } from './refreshed-behind.js';

function start() {
  const measurements: { readonly resolve: (value: number) => void; readonly reject: (error: Error) => void }[] = [];
  const clock = { ms: 0 };
  const latest = refreshedBehind<number>({
    measure: () => new Promise((resolve, reject) => measurements.push({ resolve, reject })),
    maxAgeMs: 100,
    now: () => clock.ms,
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { measurements, clock, latest, settled };
}

it('answers at once with what it has, and measures behind it what has become too old', async () => {
  const { measurements, clock, latest, settled } = start();
  expect(latest()).toBeUndefined();
  measurements[0]?.resolve(1);
  await settled();
  clock.ms = 99;
  expect(latest()).toBe(1);
  expect(measurements).toHaveLength(1);
  clock.ms = 100;
  expect(latest()).toBe(1);
  expect(measurements).toHaveLength(2);
  measurements[1]?.resolve(2);
  await settled();
  expect(latest()).toBe(2);
});

it('does not measure again while a measurement hangs, and goes on showing what it had', async () => {
  const { measurements, clock, latest, settled } = start();
  latest();
  measurements[0]?.resolve(1);
  await settled();
  for (clock.ms = 100; clock.ms < 1e6; clock.ms += 10_000) expect(latest()).toBe(1);
  expect(measurements).toHaveLength(2);
});

it('keeps what it has where a measurement fails, and tries again', async () => {
  const { measurements, clock, latest, settled } = start();
  latest();
  measurements[0]?.resolve(1);
  await settled();
  clock.ms = 100;
  latest();
  measurements[1]?.reject(new Error('no'));
  await settled();
  clock.ms = 200;
  expect(latest()).toBe(1);
  expect(measurements).toHaveLength(3);
});
