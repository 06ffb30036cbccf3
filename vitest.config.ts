import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Tests that put something in the place of a module that others import too. */
const mocking = ['src/**/*-crashes.test.ts', 'src/hub/cache/cache-interleavings.test.ts'];

export default defineConfig({
  test: {
    projects: [
      // Without a process and a copy of all modules for each file these take half the time. So a test leaves behind nothing
      // that the next one of its process could see: no variable, no folder to work in, nothing that goes on.
      {
        extends: true,
        test: { name: 'src', include: ['src/**/*.test.ts', ...mocking.map((glob) => `!${glob}`)], isolate: false },
      },
      { extends: true, test: { name: 'test', include: ['test/**/*.test.ts', ...mocking] } },
    ],
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
