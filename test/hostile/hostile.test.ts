import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { isMet } from '../skips/note-skip.js';
import { mostConnections } from './crowd.mjs';
import { type HostileDay, hostileDay } from './hostile-day.mjs';

const hasProc = isMet(existsSync('/proc/self/limits'), 'hostile', 'it reads memory and descriptors from /proc');

/** Beside what it had before: code that is compiled by then, pools, fragments. Not what grows with every request. */
const mostMoreHeapBytes = 10 * 2 ** 20;
const mostMoreResidentBytes = 192 * 2 ** 20;

// scripts/verify-long http-hostile takes a minute, with 5,000 idle connections, and holds health to 50 ms.
describe.runIf(hasProc)('hornet serve, among strangers', () => {
  const idleConnections = hasProc ? Math.min(1000, mostConnections()) : 0;
  let day: HostileDay;
  beforeAll(async () => {
    day = await hostileDay({
      durationMs: 6000,
      seed: 7,
      ratePerSecond: 150,
      strangers: 12,
      idleConnections,
      slowSenders: 40,
    });
  });

  it('answers or closes whatever comes, without an error of its own, a path, or half an answer', () => {
    expect(day.problems).toEqual([]);
    expect(Object.keys(day.conversations).length).toBeGreaterThan(30);
    expect(Object.keys(day.statuses)).toEqual(expect.arrayContaining(['200', '400', '404', '413', '422', '431']));
  });

  it('holds the connections of those who ask for nothing', () => {
    expect(day.idle.most).toBe(idleConnections);
    expect(day.slow.most).toBe(40);
  });

  it('tells meanwhile that it lives', () => {
    const { requests, answered, latency } = day.health;
    expect(answered).toBe(requests);
    // How fast it is depends on who else uses the machine; the long form tells.
    expect(latency?.p99Ms).toBeLessThan(5000);
  });

  it('has afterwards what it had before, classifies, and ends in order', () => {
    const { before, after } = day;
    expect(after.descriptors).toBe(before.descriptors);
    expect(after.heapBytes - before.heapBytes).toBeLessThan(mostMoreHeapBytes);
    expect(after.residentBytes - before.residentBytes).toBeLessThan(mostMoreResidentBytes);
    expect([day.label, day.exitCode]).toEqual(['7', 0]);
  });
});
