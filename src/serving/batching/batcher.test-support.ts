import { ManualClock } from '../manual-clock.test-support.js';
import type { BatchReport } from '../serving-events.js';
import { type BatchedResult, Batcher, type BatcherOptions, type BatchItem } from './batcher.js';
import { ComputeShares } from './compute-shares.js';
import { FakeBackend, type FakeBackendOptions } from './fake-backend.test-support.js';
import { pictureOf } from './fake-pictures.test-support.js';

/** A batcher for a fake backend whose runs the test finishes, unless `held` is false. */
export function setUp(
  options: FakeBackendOptions & Partial<Pick<BatcherOptions, 'maxDelayMs' | 'shares' | 'serving'>> = {},
) {
  const clock = new ManualClock();
  const { maxDelayMs = 0, serving = 'digits', shares = new ComputeShares(clock), ...backendOptions } = options;
  const backend = new FakeBackend({ held: true, resource: 'GPU-1', clock, ...backendOptions });
  const reports: BatchReport[] = [];
  const batcher = new Batcher({
    ...{ backend, serving, clock, shares, maxDelayMs },
    onBatch: (report) => reports.push(report),
  });
  return { clock, backend, batcher, reports };
}

/** An item that is written at once. */
export function itemOf(picture: Uint8Array, signal?: AbortSignal): BatchItem {
  const write = (target: Uint8Array): Promise<void> => Promise.resolve(target.set(picture));
  return signal === undefined ? { write } : { write, signal };
}

export const itemsOf = (...ids: number[]): BatchItem[] => ids.map((id) => itemOf(pictureOf(id)));
export const picturesOf = (...ids: number[]): Uint8Array[] => ids.map((id) => pictureOf(id));
/** Sizes of the batches that were begun. */
export const sizesOf = ({ runs }: FakeBackend): number[] => runs.map(({ pictures }) => pictures.length);

/** Of each: its scores, or what it was rejected with. */
export async function outcomesOf(results: readonly Promise<BatchedResult>[]): Promise<unknown[]> {
  return (await Promise.allSettled(results)).map((one) =>
    one.status === 'fulfilled' ? one.value.scores : (one.reason as unknown),
  );
}

/** A picture that is written when the test says so. */
export function heldItem(picture: Uint8Array, signal?: AbortSignal): { item: BatchItem; written: () => void } {
  let written = (): void => {};
  const gate = new Promise<void>((resolve) => {
    written = resolve;
  });
  const write = async (target: Uint8Array): Promise<void> => {
    await gate;
    target.set(picture);
  };
  return { item: signal === undefined ? { write } : { write, signal }, written: () => written() };
}
