import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HornetError } from '../../errors/hornet-error.js';
import { ManualClock } from '../manual-clock.test-support.js';
import { Batcher } from './batcher.js';
import { ComputeShares } from './compute-shares.js';
import { FakeBackend } from './fake-backend.test-support.js';
import { pictureOf, poisonedPictureOf, scoresOf } from './fake-pictures.test-support.js';

const outcomes = [
  'scores',
  'cannot be written',
  'throws',
  'ERR_BACKEND_RUN_FAILED',
  'ERR_BACKEND_WORKER_LOST',
] as const;

/** What is wrong with one picture, or `scores`; how long it takes to be written. */
const picture = fc.record({
  outcome: fc.oneof({ arbitrary: fc.constant('scores' as const), weight: 6 }, fc.constantFrom(...outcomes)),
  writeMs: fc.integer({ min: 0, max: 8 }),
});

const request = fc.record({
  serving: fc.nat({ max: 1 }),
  atMs: fc.integer({ min: 0, max: 100 }),
  pictures: fc.array(picture, { minLength: 1, maxLength: 7 }),
  // Turns of the event loop's microtasks tell steps apart between which no time passes.
  cancel: fc.option(fc.record({ afterMs: fc.integer({ min: 0, max: 40 }), hops: fc.nat({ max: 20 }) }), { freq: 2 }),
});

const backend = fc.integer({ min: 1, max: 9 }).chain((maxBatch) =>
  fc.record({
    maxBatch: fc.constant(maxBatch),
    slotCount: fc.integer({ min: 1, max: 3 }),
    workers: fc.integer({ min: 1, max: 3 }),
    capacities: fc.array(fc.integer({ min: 1, max: maxBatch }), { maxLength: 3 }),
    batchSizes: fc
      .uniqueArray(fc.integer({ min: 1, max: maxBatch }), { maxLength: 3 })
      .map((sizes) => [...new Set([...sizes, maxBatch])].sort((a, b) => a - b)),
    resource: fc.constantFrom('cpu', 'GPU-1'),
    maxDelayMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
    fixedMs: fc.integer({ min: 0, max: 20 }),
    imageMs: fc.integer({ min: 0, max: 5 }),
  }),
);

const scenario = fc.record({
  backends: fc.tuple(backend, backend),
  requests: fc.array(request, { minLength: 1, maxLength: 25 }),
  /** When a backend has no slots to give, and for how long. */
  outages: fc.array(
    fc.record({
      serving: fc.nat({ max: 1 }),
      atMs: fc.integer({ min: 0, max: 120 }),
      forMs: fc.integer({ min: 0, max: 30 }),
    }),
    { maxLength: 2 },
  ),
  /** The batch that runs at this moment fails with what is nobody's fault. */
  lossesAtMs: fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 2 }),
});

type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

/** What happened to one picture. */
interface Journey {
  readonly serving: number;
  readonly outcome: (typeof outcomes)[number];
  readonly bytes: Uint8Array;
  readonly submittedAtMs: number;
  /** Runs that its backend had begun when it was cancelled. */
  runsBeforeCancel: number;
  settledAtMs: number;
  scores: Float32Array | undefined;
  error: unknown;
}

const cancelled = new Error('cancelled');
const unwritable = new Error('cannot be written');
const refused = new HornetError('ERR_SERVING_CLOSED', 'No slots.');
const lost = new HornetError('ERR_GPU_LOST', 'The GPU is lost.');

async function play({ backends: options, requests, outages, lossesAtMs }: Scenario) {
  const clock = new ManualClock();
  const shares = new ComputeShares(clock);
  const backends = options.map(
    ({ fixedMs, imageMs, ...rest }) =>
      new FakeBackend({ ...rest, clock, runMs: (images) => fixedMs + images * imageMs }),
  );
  const batchers = backends.map(
    (one, index) =>
      new Batcher({
        backend: one,
        serving: `serving ${index}`,
        clock,
        shares,
        maxDelayMs: options[index]?.maxDelayMs ?? 0,
      }),
  );
  const journeys: Journey[] = [];
  const writes: Journey[] = [];
  let writingMs = 0;

  const send = ({ serving, pictures, cancel }: Scenario['requests'][number]): void => {
    const cancellation = new AbortController();
    const mine = pictures.map(({ outcome, writeMs }, index) => {
      const id = journeys.length + index;
      const poison =
        outcome === 'ERR_BACKEND_RUN_FAILED' || outcome === 'ERR_BACKEND_WORKER_LOST' ? outcome : undefined;
      const bytes = poison === undefined ? pictureOf(id) : poisonedPictureOf(id, poison);
      const journey: Journey = {
        ...{ serving, outcome, bytes, submittedAtMs: clock.now() },
        ...{ runsBeforeCancel: Number.POSITIVE_INFINITY, settledAtMs: Number.NaN, scores: undefined, error: undefined },
      };
      const write = (target: Uint8Array): Promise<void> => {
        writes.push(journey);
        expect(journey.runsBeforeCancel).toBe(Number.POSITIVE_INFINITY);
        if (outcome === 'throws') throw unwritable;
        writingMs += writeMs;
        return new Promise((resolve, reject) => {
          clock.after(writeMs, () => {
            if (outcome === 'cannot be written') reject(unwritable);
            else target.set(bytes);
            resolve();
          });
        });
      };
      return { journey, write };
    });
    journeys.push(...mine.map(({ journey }) => journey));
    const results = batchers[serving]?.submitAll(mine.map(({ write }) => ({ write, signal: cancellation.signal })));
    mine.forEach(({ journey }, index) => {
      const settle = (values: Partial<Journey>): void =>
        void Object.assign(journey, values, { settledAtMs: clock.now() });
      results?.[index]?.then(
        ({ scores }) => settle({ scores }),
        (error: unknown) => settle({ error }),
      );
    });
    if (cancel === null) return;
    const abort = async (): Promise<void> => {
      for (let hop = 0; hop < cancel.hops; hop++) await undefined;
      for (const { journey } of mine) {
        if (Number.isNaN(journey.settledAtMs)) journey.runsBeforeCancel = backends[serving]?.runs.length ?? 0;
      }
      cancellation.abort(cancelled);
    };
    clock.after(cancel.afterMs, () => void abort());
  };

  for (const one of requests) clock.after(one.atMs, () => send(one));
  for (const { serving, atMs, forMs } of outages) {
    clock.after(atMs, () => backends[serving]?.refuse(refused));
    clock.after(atMs + forMs, () => backends[serving]?.refuse(undefined));
  }
  for (const atMs of lossesAtMs) {
    clock.after(atMs, () => {
      for (const one of backends) one.runs.find(({ endedAtMs }) => endedAtMs === undefined)?.fail(lost);
    });
  }
  while (clock.nextAt !== undefined) await clock.advance(clock.nextAt - clock.now());
  return { backends, batchers, shares, journeys, writes, writingMs };
}

it('loses, doubles, mixes up and starves nothing, whatever comes, fails and is cancelled', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (played) => {
      const { backends, batchers, shares, journeys, writes, writingMs } = await play(played);
      const runs = backends.flatMap((one) => one.runs);
      const runningMs = runs.reduce((sum, { startedAtMs, endedAtMs = Number.NaN }) => sum + endedAtMs - startedAtMs, 0);

      expect(backends.flatMap(({ violations }) => violations)).toEqual([]);
      expect(backends.map(({ takenSlots }) => takenSlots)).toEqual([0, 0]);
      expect(batchers.map(({ waiting }) => waiting)).toEqual([0, 0]);
      expect(shares.report().every(({ waiting }) => waiting === 0)).toBe(true);

      for (const journey of journeys) {
        const { serving, outcome, bytes, scores, error, runsBeforeCancel, submittedAtMs, settledAtMs } = journey;
        // Whenever it waits, then for company, or because something is at work.
        const delayMs = played.backends[serving]?.maxDelayMs ?? 0;
        expect(settledAtMs - submittedAtMs).toBeLessThanOrEqual(delayMs + writingMs + runningMs);

        const mine = backends[serving]?.runs ?? [];
        const isIn = ({ pictures }: (typeof mine)[number]): boolean =>
          pictures.some((row) => Buffer.compare(row, bytes) === 0);
        const [first, second, ...more] = mine.filter(isIn);
        expect(more).toEqual([]);
        if (second !== undefined) expect([first?.pictures.length === 1, second.pictures.length]).toEqual([false, 1]);
        expect(mine.slice(runsBeforeCancel).filter(isIn)).toEqual([]);

        if (scores !== undefined) expect([outcome, scores]).toEqual(['scores', scoresOf(bytes, 3)]);
        else if (error === cancelled) expect(runsBeforeCancel).not.toBe(Number.POSITIVE_INFINITY);
        else if (error === refused) expect(first).toBeUndefined();
        else if (error === lost) expect(first).toBeDefined();
        else if (error === unwritable) expect(['cannot be written', 'throws']).toContain(outcome);
        else expect((error as HornetError).code).toBe(outcome);
      }

      // In order of coming, into batches and within them.
      backends.forEach((one, serving) => {
        const order = new Map(journeys.map(({ bytes }, index) => [bytes.join(), index]));
        const orderOf = (list: readonly Uint8Array[]): number[] => list.map((bytes) => order.get(bytes.join()) ?? -1);
        const ascending = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
        const written = orderOf(writes.filter((journey) => journey.serving === serving).map(({ bytes }) => bytes));
        expect(written).toEqual(ascending([...new Set(written)]));
        for (const { pictures } of one.runs) expect(orderOf(pictures)).toEqual(ascending(orderOf(pictures)));
      });

      // Of each serving, on the CPU as many side by side as it has workers.
      backends.forEach(({ runs }, index) => {
        const { resource, workers = 1 } = played.backends[index] ?? {};
        if (resource !== 'cpu') return;
        for (const { startedAtMs: atMs } of runs) {
          const atOnce = runs.filter((run) => run.startedAtMs <= atMs && (run.endedAtMs ?? Number.NaN) > atMs);
          expect(atOnce.length).toBeLessThanOrEqual(workers);
        }
      });
    }),
    { numRuns: 300 },
  );
});
