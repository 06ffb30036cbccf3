import { expect, it } from 'vitest';
import { terminateUnderLoad } from './terminate.mjs';

// scripts/verify-long serving-terminate does it 100 times.
it('answers all that had arrived when it is told to end under load, cuts no answer, and exits 0, 10 times', async () => {
  const rounds = await terminateUnderLoad({ rounds: 10, connections: 16, withinMs: 400 });
  expect(rounds).toHaveLength(10);
  for (const { exitCode, statuses, wrong, kept } of rounds) {
    expect(wrong).toEqual([]);
    // Every answer after the signal says that its connection ends.
    expect(kept).toBe(0);
    expect(exitCode).toBe(0);
    expect(statuses[200]).toBeGreaterThan(0);
  }
}, 300_000);
