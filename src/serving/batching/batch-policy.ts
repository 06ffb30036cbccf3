/** The queue of a batcher at the moment when a slot is free for it. Times by one clock, in ms. */
export interface BatchQuestion {
  /** Images that wait. */
  readonly waiting: number;
  /** Since when the first of them has waited. */
  readonly oldestAtMs: number;
  readonly nowMs: number;
  /** Images that fit into the slot. */
  readonly capacity: number;
  /** Workers that have nothing to do, the one that this slot is for included; at least 1. */
  readonly idleWorkers: number;
  /** Sizes that run without rows to spare, ascending; others run as the next larger one. */
  readonly batchSizes: readonly number[];
  /** How long an image may be kept waiting for others; 0: not at all. */
  readonly maxDelayMs: number;
}

/** Run the first `dispatch` images; or ask again at `sleepUntilMs`, and whenever the queue has changed; or neither. */
export type BatchDecision = { readonly dispatch: number } | { readonly sleepUntilMs: number } | 'nothing';

type SlotSizes = Pick<BatchQuestion, 'capacity' | 'batchSizes'>;

/** Share of a batch's rows that may stay empty. */
const maxEmptyShare = 1 / 4;

/** Decides what to do with a slot that is free. */
export function decideBatch(question: BatchQuestion): BatchDecision {
  const { waiting, oldestAtMs, nowMs, capacity, maxDelayMs } = question;
  if (waiting === 0) return 'nothing';
  const sleepUntilMs = oldestAtMs + maxDelayMs;
  if (waiting < capacity && sleepUntilMs > nowMs) return { sleepUntilMs };
  return { dispatch: worthwhileSize(shareOf(question), question) };
}

/**
 * Of those that wait, what this slot gets: two workers are done with one image each sooner than one of them with both.
 * Not less than a batch that the graph runs anyway.
 */
function shareOf({ waiting, capacity, batchSizes, idleWorkers }: BatchQuestion): number {
  return Math.min(waiting, nextSize(Math.ceil(waiting / idleWorkers), { capacity, batchSizes }));
}

/** All of them, unless too many rows would run empty: then as many as fill a smaller size to the last row. */
function worthwhileSize(waiting: number, { capacity, batchSizes }: SlotSizes): number {
  const next = nextSize(waiting, { capacity, batchSizes });
  if (next - waiting <= next * maxEmptyShare) return waiting;
  return batchSizes.findLast((size) => size <= waiting) ?? waiting;
}

/** What so many run as. */
function nextSize(images: number, { capacity, batchSizes }: SlotSizes): number {
  return batchSizes.find((size) => size >= images && size <= capacity) ?? capacity;
}
