/** The queue of a batcher at the moment when a slot is free for it. Times by one clock, in ms. */
export interface BatchQuestion {
  /** Images that wait. */
  readonly waiting: number;
  /** Since when the first of them has waited. */
  readonly oldestAtMs: number;
  readonly nowMs: number;
  /** Images that fit into the slot. */
  readonly capacity: number;
  /** Sizes that run without rows to spare, ascending; others run as the next larger one. */
  readonly batchSizes: readonly number[];
  /** How long an image may be kept waiting for others; 0: not at all. */
  readonly maxDelayMs: number;
}

/** Run the first `dispatch` images; or ask again at `sleepUntilMs`, and whenever the queue has changed; or neither. */
export type BatchDecision = { readonly dispatch: number } | { readonly sleepUntilMs: number } | 'nothing';

/** Share of a batch's rows that may stay empty. */
const maxEmptyShare = 1 / 4;

/** Decides what to do with a slot that is free. */
export function decideBatch(question: BatchQuestion): BatchDecision {
  const { waiting, oldestAtMs, nowMs, capacity, maxDelayMs } = question;
  if (waiting === 0) return 'nothing';
  if (waiting >= capacity) return { dispatch: capacity };
  const sleepUntilMs = oldestAtMs + maxDelayMs;
  if (sleepUntilMs > nowMs) return { sleepUntilMs };
  return { dispatch: worthwhileSize(question) };
}

/** All that wait, unless too many rows would run empty: then as many as fill a smaller size to the last row. */
function worthwhileSize({ waiting, capacity, batchSizes }: BatchQuestion): number {
  const next = batchSizes.find((size) => size >= waiting && size <= capacity) ?? capacity;
  if (next - waiting <= next * maxEmptyShare) return waiting;
  return batchSizes.findLast((size) => size <= waiting) ?? waiting;
}
