import { describe, expect, it } from 'vitest';
import { describeWithStandIns } from '../stand-ins/describe-with-stand-ins.js';
import { standInFiles } from '../stand-ins/stand-in-environment.mjs';
import { type LoadingResult, serveWhileBuilding, serveWhileDownloading } from './while-loading.mjs';

const loadingWaitMs = 1000;

/** What must be, whatever it is that takes its time. */
function expectService({ load, steps, state, afterwards, exitCode }: LoadingResult, slowState: string): void {
  const slow = steps.filter((step) => step.state === slowState);
  expect(new Set(slow.map(({ percent }) => percent)).size).toBeGreaterThan(5);
  const percents = slow.flatMap(({ percent }) => percent ?? []);
  expect(percents).toEqual(percents.toSorted((a, b) => a - b));
  expect(slow.every(({ percent, message }) => percent === null || message !== null)).toBe(true);
  expect([state, exitCode]).toEqual(['ready', 0]);

  const { live, other, loading } = load.kinds;
  expect(load.wrong).toBe(0);
  expect(live?.statuses).toEqual({ 200: live?.requests });
  expect(other?.statuses).toEqual({ 200: other?.requests });
  // Each is held, and told to come again where that was not enough.
  expect(loading?.outcomes).toEqual({ answered: loading?.requests });
  expect(loading?.statuses[503]).toBeGreaterThan(0);
  for (const record of load.records.filter(({ kind, status }) => kind === 'loading' && status !== 200)) {
    expect(record).toMatchObject({
      status: 503,
      code: 'ERR_SERVING_LOADING',
      retryAfter: expect.stringMatching(/^\d+$/),
    });
    expect(['downloading', 'verifying', 'building', 'loading', 'warming']).toContain(record.state);
    // Timers may be early by a fraction of a ms.
    expect(record.endedMs - record.startedMs).toBeGreaterThan(loadingWaitMs - 2);
  }
  expect(afterwards.statuses).toEqual({ 200: 4 });
}

// scripts/verify-long serving-liveness takes a minute for each, and measures how long /health/live takes.
describe('hornet serve while a model is downloaded for ten seconds', () => {
  it('is live, answers for the other serving, and holds or refuses what is for this one', async () => {
    const result = await serveWhileDownloading({ downloadMs: 10_000, loadingWaitMs, ratePerSecond: 30 });
    expectService(result, 'downloading');
  });
});

describeWithStandIns('hornet serve while an engine is built for ten seconds', standInFiles, () => {
  it('is live, answers for the other serving, and holds or refuses what is for this one', async () => {
    const result = await serveWhileBuilding({ buildMs: 10_000, loadingWaitMs, ratePerSecond: 30 });
    expectService(result, 'building');
  });
});
