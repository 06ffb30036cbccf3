import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError, toHornetError } from '../errors/hornet-error.js';
import { FakeServing } from './fake-serving.test-support.js';
import { ManualClock } from './manual-clock.test-support.js';
import { ResidentMemory } from './resident-memory.js';
import { ServingManager } from './serving-manager.js';

const names = ['preloaded', 'x', 'y', 'z'] as const;
const unloadAfterMs = 20_000;

/** What happens to a serving, or to all. */
const step = fc.record({
  kind: fc.constantFrom(
    'request' as const,
    'request' as const,
    'answer' as const,
    'answer' as const,
    'load' as const,
    'unload' as const,
    'replace' as const,
    'lose' as const,
    'work' as const,
    'work' as const,
    'work' as const,
    'pass' as const,
  ),
  at: fc.nat(3),
  ms: fc.constantFrom(1, 1000, 5000, 20_000),
});

const outcomes: ReadonlySet<ErrorCode> = new Set([
  'ERR_MEMORY_INSUFFICIENT',
  'ERR_SERVING_UNLOADED',
  'ERR_SERVING_CLOSED',
  'ERR_SERVING_BUSY',
  'ERR_HUB_UNREACHABLE',
  'ERR_GPU_LOST',
]);

/** What a backend that is lost does to the images in it, and to what replaces it, is not for the manager. */
function canBeLost({ status, inFlight, isReplacing }: FakeServing): boolean {
  return status.state === 'ready' && inFlight === 0 && !isReplacing;
}

describe('ServingManager and ResidentMemory', () => {
  it('answer everybody, keep the limits, and end, whatever happens at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 60 }),
        fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (scheduler, steps, luck, closesInTheMiddle) => {
          const clock = new ManualClock();
          const resident = new ResidentMemory({
            maxLoaded: 2,
            maxResidentBytes: 30,
            availableBytes: () => null,
            clock,
          });
          const servings = names.map((name, index) => {
            const memory = index === 0 ? ('preload' as const) : ('on-demand' as const);
            return new FakeServing({ name, clock, memory, unloadAfterMs, resident, bytes: 10 });
          }) as [FakeServing, ...FakeServing[]];
          const manager = new ServingManager({ servings, clock, random: () => 0 });
          const wrong: string[] = [];
          let tries = 0;
          for (const serving of servings) {
            serving.work = () =>
              scheduler.schedule(Promise.resolve(), `load ${serving.name}`).then(() => {
                if (luck[tries++ % luck.length] === 0) throw new HornetError('ERR_HUB_UNREACHABLE', 'bad luck');
              });
            serving.freeing = () => scheduler.schedule(Promise.resolve(), `free ${serving.name}`);
            const { unload } = serving;
            serving.unload = (reason) => {
              const isIdle = serving.inFlight === 0 && serving.options.memory === 'on-demand';
              if (reason !== 'by-hand' && !isIdle) wrong.push(`${serving.name} ${reason}`);
              return unload.call(serving, reason);
            };
          }
          const open = new Set<Promise<unknown>>();
          const expectAnswer = (promise: Promise<unknown>): void => {
            const answered = promise
              .catch((error: unknown) => {
                const { code, message } = toHornetError(error);
                if (!outcomes.has(code)) wrong.push(`${code} ${message}`);
              })
              .finally(() => open.delete(answered));
            open.add(answered);
          };
          const answers: (() => void)[] = [];
          const check = (): void => {
            const { residents } = resident.report();
            expect(wrong).toEqual([]);
            expect(new Set(residents.map(({ serving }) => serving)).size).toBeLessThanOrEqual(2);
            expect(residents.length).toBeLessThanOrEqual(3);
          };
          /** Everything that waits for the scheduler goes on, and is answered. */
          const settleAll = async (): Promise<void> => {
            await clock.advance(0);
            while (scheduler.count() > 0 || answers.length > 0) {
              if (scheduler.count() > 0) await scheduler.waitOne();
              answers.shift()?.();
              await clock.advance(0);
              check();
            }
          };

          expectAnswer(manager.start());
          for (const { kind, at, ms } of steps) {
            const serving = servings[at] as FakeServing;
            const { name } = serving;
            if (kind === 'request') expectAnswer(serving.request().then((answer) => answers.push(answer)));
            else if (kind === 'answer') answers.splice(at % Math.max(1, answers.length), 1)[0]?.();
            else if (kind === 'load') expectAnswer(manager.load(name));
            else if (kind === 'unload') expectAnswer(manager.unload(name));
            else if (kind === 'replace' && serving.status.state === 'ready') expectAnswer(manager.replace(name, {}));
            else if (kind === 'lose' && canBeLost(serving)) serving.lose('ERR_GPU_LOST');
            else if (kind === 'work' && scheduler.count() > 0) await scheduler.waitOne();
            else if (kind === 'pass') await clock.advance(ms);
            await clock.advance(0);
            check();
          }

          if (!closesInTheMiddle) {
            // With better luck, and enough time, what is to be preloaded is ready and nobody else is in memory.
            luck.splice(0, luck.length, 1);
            expectAnswer(manager.load('preloaded'));
            for (let round = 0; round < 10; round++) {
              await settleAll();
              await clock.advance(300_000);
            }
            await settleAll();
            expect(open.size).toBe(0);
            expect(manager.ready()).toBe(true);
            expect(resident.report().residents).toEqual([{ serving: 'preloaded', bytes: 10, state: 'loaded' }]);
            for (const { status } of servings.slice(1)) expect(['pending', 'unloaded']).toContain(status.state);
          }
          const closed = manager.close({ graceMs: 1000 });
          await settleAll();
          expect(await closed).toBe(0);
          await clock.advance(20_000);
          expect(open.size).toBe(0);
          expect(resident.report()).toMatchObject({ residents: [], waiting: 0 });
          expect(clock.nextAt).toBeUndefined();
          for (const { events } of servings) expect(events.eventNames()).toEqual([]);
          expect(wrong).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });
});
