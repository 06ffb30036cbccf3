import { expect, it } from 'vitest';
import type { ManagedServing } from './managed-serving.js';
import { ManualClock } from './manual-clock.test-support.js';
import { TrimWhenIdle } from './trim-when-idle.js';

function start() {
  const clock = new ManualClock();
  const servings = [{ inFlight: 0 }, { inFlight: 0 }];
  const trims: number[] = [];
  const trim = async (): Promise<void> => {
    trims.push(clock.now());
  };
  return { clock, servings, trims, watch: new TrimWhenIdle(servings as unknown as ManagedServing[], clock, trim) };
}

it('trims once, two seconds after the last image of all servings', async () => {
  const { clock, trims, watch } = start();
  const startMs = clock.now();
  watch.onIdle();
  await clock.advance(1999);
  watch.onIdle();
  await clock.advance(1999);
  expect(trims).toEqual([]);
  await clock.advance(10_000);
  expect(trims).toEqual([startMs + 3999]);
});

it('leaves memory alone while another serving has images, and after it was stopped', async () => {
  const { clock, servings, trims, watch } = start();
  const [, other = { inFlight: 0 }] = servings;
  other.inFlight = 1;
  watch.onIdle();
  await clock.advance(5000);
  other.inFlight = 0;
  watch.onIdle();
  watch.stop();
  await clock.advance(5000);
  expect(trims).toEqual([]);
});
