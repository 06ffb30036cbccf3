import { availableParallelism } from 'node:os';
import type { Backend, BatchSlot } from '../../backend/backend.js';
import type { ErrorCode } from '../../errors/error-registry.js';
import { HornetError, toHornetError } from '../../errors/hornet-error.js';
import type { Clock } from '../clock.js';
import type { BatchReport } from '../serving-events.js';
import { decideBatch } from './batch-policy.js';
import type { ComputeShares, ComputeTurn } from './compute-shares.js';
import { type BatchedResult, type BatchItem, PendingItem } from './pending-item.js';

export type { BatchedResult, BatchItem, BatchSpan } from './pending-item.js';

/** Options of {@link Batcher}. */
export interface BatcherOptions {
  readonly backend: Backend;
  /** Name of the serving that it works for. */
  readonly serving: string;
  readonly clock: Clock;
  /** Where turns on the CPU and on GPUs are taken, together with other servings. */
  readonly shares: ComputeShares;
  /** How long an item may be kept waiting for others to share its batch; 0: not at all. */
  readonly maxDelayMs: number;
  /** Called after each run, before its items settle. Must not throw. */
  readonly onBatch?: (report: BatchReport) => void;
}

/** An item that was written into a slot. */
interface Row {
  readonly pending: PendingItem;
  /** Where in the slot it is. */
  readonly index: number;
}

/** Failures that one item may have caused, and that leave the backend able to run the others. */
const causedByItems: ReadonlySet<ErrorCode> = new Set(['ERR_BACKEND_RUN_FAILED', 'ERR_BACKEND_WORKER_LOST']);

/**
 * Collects items into batches, first come first served: whenever the backend has a free slot, {@link decideBatch} says how
 * many of those that wait go into it. They are written into the slot, which then runs when it is the serving's turn;
 * meanwhile the next slot is filled. Items of a batch that fails are run again one by one, so that an item fails only
 * for what it did itself.
 */
export class Batcher {
  readonly #options: BatcherOptions;
  /** Those in no slot yet, in order of coming. */
  readonly #queue = new Set<PendingItem>();
  #collecting = false;
  /** Batches that are being written, wait for their turn, or run. */
  #batches = 0;
  #running = 0;
  /** Ends the sleep, where there is one. */
  #wake: () => void = () => {};

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Items that are in no batch yet. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Items that are being run just now. */
  get running(): number {
    return this.#running;
  }

  /**
   * Runs one item.
   * @throws the signal's reason, what `write` threw, ERR_BACKEND_RUN_FAILED, ERR_BACKEND_WORKER_LOST, ERR_GPU_LOST,
   *   ERR_SERVING_CLOSED, or whatever else kept the backend from giving a slot
   */
  submit(item: BatchItem): Promise<BatchedResult> {
    const pending = new PendingItem(item, this.#options.clock.now(), (cancelled) => {
      if (this.#queue.delete(cancelled)) this.#wake();
    });
    if (!pending.settled) {
      this.#queue.add(pending);
      this.#wake();
      if (!this.#collecting) void this.#collect();
    }
    return pending.result;
  }

  /** Runs the items of one request, in order and side by side; each settles as with {@link submit}. */
  submitAll(items: readonly BatchItem[]): Promise<BatchedResult>[] {
    return items.map((item) => this.submit(item));
  }

  async #collect(): Promise<void> {
    this.#collecting = true;
    while (this.#queue.size > 0) {
      try {
        const slot = await this.#options.backend.acquire();
        const batch = await this.#nextBatch(slot);
        // Not awaited: the next slot is filled while this one runs.
        if (batch.length > 0) void this.#process(slot, batch);
        else slot.release();
      } catch (error) {
        for (const pending of this.#take(this.#queue.size)) pending.reject(error);
      }
    }
    this.#collecting = false;
  }

  /** Waits for others where that is worth it; empty where all that waited were cancelled. */
  async #nextBatch({ capacity }: BatchSlot): Promise<readonly PendingItem[]> {
    const { clock, backend, maxDelayMs } = this.#options;
    for (;;) {
      const nowMs = clock.now();
      const [oldest] = this.#queue;
      const decision = decideBatch({
        waiting: this.#queue.size,
        oldestAtMs: oldest?.submittedAtMs ?? nowMs,
        nowMs,
        capacity,
        idleWorkers: Math.max(1, backend.workers - this.#batches),
        batchSizes: backend.batchSizes,
        maxDelayMs,
      });
      if (decision === 'nothing') return [];
      if ('dispatch' in decision) return this.#take(decision.dispatch);
      await this.#queueChange(decision.sleepUntilMs - nowMs);
    }
  }

  /** Resolves when the queue has changed, or when the time is over. */
  #queueChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancelTimer = this.#options.clock.after(timeoutMs, resolve);
      this.#wake = () => {
        cancelTimer();
        resolve();
      };
    });
  }

  #take(count: number): readonly PendingItem[] {
    const batch: PendingItem[] = [];
    for (const pending of this.#queue) {
      if (batch.length === count) break;
      this.#queue.delete(pending);
      batch.push(pending);
    }
    return batch;
  }

  /** Brings a batch to its end: all of its items have settled when the slot is released. */
  async #process(slot: BatchSlot, batch: readonly PendingItem[]): Promise<void> {
    this.#batches++;
    try {
      const closedAtMs = this.#options.clock.now();
      const rows = await writeRows(slot, batch);
      await this.#run(slot, rows, closedAtMs, this.#options.clock.now());
    } catch (error) {
      for (const pending of batch) pending.reject(error);
    } finally {
      this.#batches--;
      slot.release();
    }
  }

  /** Settles the rows, except where the error that it throws is everybody's. */
  async #run(
    slot: BatchSlot,
    rows: readonly Row[],
    closedAtMs: number,
    writtenAtMs: number,
    isAgain = false,
  ): Promise<void> {
    const { clock, shares, serving, backend } = this.#options;
    if (rows.every(({ pending }) => pending.settled)) return;
    const turn = { resource: slot.resource, serving, ...concurrencyOn(slot.resource, backend) };
    let running: readonly Row[] = [];
    try {
      const scores = await shares.run(turn, async () => {
        // Only now, as it may have been long until it was our turn.
        running = compactRows(slot, rows);
        if (running.length === 0) return new Float32Array();
        return await this.#runSlot(slot, running.length, isAgain ? 0 : writtenAtMs - closedAtMs);
      });
      const doneAtMs = clock.now();
      running.forEach(({ pending }, index) => {
        pending.resolve({
          scores: scores.subarray(index * backend.classes, (index + 1) * backend.classes),
          spans: [
            { stage: 'batch', startMs: pending.submittedAtMs, durationMs: closedAtMs - pending.submittedAtMs },
            { stage: 'preprocess', startMs: closedAtMs, durationMs: writtenAtMs - closedAtMs },
            { stage: 'inference', startMs: writtenAtMs, durationMs: doneAtMs - writtenAtMs },
          ],
        });
      });
    } catch (error) {
      if (!(error instanceof HornetError && causedByItems.has(error.code))) throw error;
      const [only, ...others] = running;
      if (others.length === 0) only?.pending.reject(error);
      // From the first row on: each is moved to the front, over those that are done with.
      else for (const row of running) await this.#run(slot, [row], closedAtMs, writtenAtMs, true);
    }
  }

  async #runSlot(slot: BatchSlot, size: number, inputMs: number): Promise<Float32Array> {
    const { clock, serving, onBatch } = this.#options;
    const startMs = clock.now();
    const report = (errorCode: ErrorCode | null): void => {
      this.#running -= size;
      onBatch?.({ serving, size, resource: slot.resource, inputMs, durationMs: clock.now() - startMs, errorCode });
    };
    this.#running += size;
    try {
      const scores = await slot.run(size);
      report(null);
      return scores;
    } catch (error) {
      report(toHornetError(error).code);
      throw error;
    }
  }
}

/** Has the items written into the slot; rejects those that cannot be. */
async function writeRows({ bytes, imageBytes }: BatchSlot, batch: readonly PendingItem[]): Promise<readonly Row[]> {
  // All are waited for, so that nothing is written after the slot was released.
  await Promise.all(
    batch.map(async (pending, index) => {
      try {
        await pending.item.write(bytes.subarray(index * imageBytes, (index + 1) * imageBytes));
      } catch (error) {
        pending.reject(error);
      }
    }),
  );
  return batch.map((pending, index) => ({ pending, index }));
}

/**
 * Moves the rows that are still wanted to the front of the slot. What could not be written, or is no longer wanted, must
 * not be run: it costs time, and may make the batch fail.
 */
function compactRows({ bytes, imageBytes }: BatchSlot, rows: readonly Row[]): readonly Row[] {
  return rows
    .filter(({ pending }) => !pending.settled)
    .map(({ pending, index: from }, index) => {
      if (from !== index) bytes.copyWithin(index * imageBytes, from * imageBytes, (from + 1) * imageBytes);
      return { pending, index };
    });
}

/**
 * Runs that a resource takes at once. On a GPU, as many as it has slots. On the CPU one of each worker, which together use
 * all cores, and of several servings as many as there are cores, and never so few that one serving could take all places:
 * the system shares the cores out between threads, while a cheap serving that waited for the runs of a costly one would
 * hardly get anywhere (seen with a tenth of its images).
 */
function concurrencyOn(
  resource: string,
  { resourceSlots, workers }: Backend,
): Pick<ComputeTurn, 'concurrency' | 'ownConcurrency'> {
  if (resource !== 'cpu') return { concurrency: resourceSlots };
  return { concurrency: Math.max(2, availableParallelism()) + workers - 1, ownConcurrency: workers };
}
