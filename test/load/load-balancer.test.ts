import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { skipSuite } from '../skips/skip-suite.js';
import { balancerConfig } from './haproxy-process.mjs';
import { balanceLoad } from './load-balancer.mjs';

const title = 'three servers behind HAProxy';
if (hasBalancer()) describe(title, describeBalancer);
else skipSuite(title, 'haproxy is not installed', 'HORNET_REQUIRE_HAPROXY');

it('exchanges every address of the configuration that is shipped, and nothing else', () => {
  const config = balancerConfig({ listen: 10_001, metrics: 10_002, servers: [1, 2, 3].map((index) => 20_000 + index) });
  const addresses = config.split('\n').filter((line) => /^ {2}(?:bind|server) /.test(line));
  expect(addresses.map((line) => line.trim())).toEqual([
    'bind 127.0.0.1:10001',
    'server hornet-1 127.0.0.1:20001',
    'server hornet-2 127.0.0.1:20002',
    'server hornet-3 127.0.0.1:20003',
    'bind 127.0.0.1:10002',
  ]);
});

// scripts/verify-long load-balancer does it again and again.
function describeBalancer(): void {
  it('fails no request of a client while one after the other is restarted, and while one is killed', async () => {
    const { restarts, kills } = await balanceLoad({ rollingRestarts: 1, kills: 1, connections: 24 });
    expect(restarts.map(({ server }) => server)).toEqual(['hornet-1', 'hornet-2', 'hornet-3']);
    for (const { failed, exitCode, requests } of restarts) {
      expect(failed).toEqual([]);
      expect(exitCode).toBe(0);
      expect(requests).toBeGreaterThan(24);
    }
    for (const { failed, exitCode, retried, mostAtOnce } of kills) {
      expect(failed).toEqual([]);
      expect(exitCode).toBe('SIGKILL');
      // What was in it, and nothing else.
      expect(retried).toBeLessThanOrEqual(mostAtOnce);
    }
  }, 300_000);
}

function hasBalancer(): boolean {
  try {
    execFileSync('haproxy', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
