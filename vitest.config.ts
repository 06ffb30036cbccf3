import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    // Of tests that use onnxruntime themselves, as a reference.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // Two even on two processors, where the default is one: many tests wait for processes, timers or a slowed-down Hub.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Bounds for what hangs. What must be fast says so in its test, not here: the machine may be slow and busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    reporters: ['./test/skips/skip-reporter.ts', './test/stale-build/stale-build-reporter.ts', 'default'],
  },
});
