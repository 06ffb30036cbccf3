import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BuildProgress } from './build-progress.js';

it('gives a phase the share of the step of its parent in which it begins', () => {
  const progress = new BuildProgress();
  progress.add({ kind: 'phase', name: 'Building engine', parent: null, steps: 2 });
  expect([progress.fraction, progress.phase]).toEqual([0, 'Building engine']);
  progress.add({ kind: 'phase', name: 'Timing', parent: 'Building engine', steps: 3 });
  progress.add({ kind: 'step', name: 'Timing', step: 0 });
  expect(progress.fraction).toBeCloseTo(0.15, 10);
  progress.add({ kind: 'step', name: 'Timing', step: 1 });
  expect([progress.fraction, progress.phase]).toEqual([expect.closeTo(0.3, 10), 'Timing']);
  progress.add({ kind: 'phase-end', name: 'Timing' });
  progress.add({ kind: 'step', name: 'Building engine', step: 0 });
  expect([progress.fraction, progress.phase]).toEqual([expect.closeTo(0.45, 10), 'Building engine']);
  progress.add({ kind: 'phase-end', name: 'Building engine' });
  expect(progress.fraction).toBeCloseTo(0.9, 10);
});

it('does not go back when steps of several threads come out of order, or are unknown', () => {
  const progress = new BuildProgress();
  progress.add({ kind: 'phase', name: 'a', parent: null, steps: 4 });
  progress.add({ kind: 'step', name: 'a', step: 2 });
  const before = progress.fraction;
  progress.add({ kind: 'step', name: 'a', step: 0 });
  progress.add({ kind: 'step', name: 'nobody', step: 9 });
  progress.add({ kind: 'phase', name: 'b', parent: 'gone', steps: 0 });
  progress.add({ kind: 'step', name: 'b', step: 5 });
  expect(progress.fraction).toBe(before);
});

it('stays within 0 and 1 and never goes back, whatever order events come in', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const event = fc.oneof(
    fc.record({
      kind: fc.constant('phase' as const),
      name,
      parent: fc.option(name),
      steps: fc.integer({ min: 0, max: 5 }),
    }),
    fc.record({ kind: fc.constant('step' as const), name, step: fc.integer({ min: 0, max: 9 }) }),
    fc.record({ kind: fc.constant('phase-end' as const), name }),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      const progress = new BuildProgress();
      let last = 0;
      for (const one of events) {
        progress.add(one);
        expect(progress.fraction).toBeGreaterThanOrEqual(last);
        expect(progress.fraction).toBeLessThanOrEqual(1);
        last = progress.fraction;
      }
    }),
  );
});
