import { setMaxListeners } from 'node:events';

/**
 * Works on all items at the same time. Once one has failed, or the caller's signal has aborted, the others are given up.
 * @param work gets a signal of its own, which aborts with the reason
 * @param explain makes what is thrown of the error of one item; not asked where all were ended
 * @returns in the order of the items
 */
export async function sideBySide<I, R>(
  items: readonly I[],
  signal: AbortSignal | undefined,
  work: (item: I, signal: AbortSignal) => Promise<R>,
  explain: (error: unknown, index: number) => unknown = (error) => error,
): Promise<R[]> {
  const stop = new AbortController();
  // Every stage of every item listens to it; from the eleventh on, Node would take that for a leak.
  setMaxListeners(0, stop.signal);
  const onAbort = (): void => stop.abort(signal?.reason);
  // Not AbortSignal.any: in Node 20 a signal that lives long never forgets the ones that were made from it.
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  try {
    const working = items.map(async (item, index) => {
      try {
        return await work(item, stop.signal);
      } catch (error) {
        // What ends all of them is the fault of none.
        throw stop.signal.aborted ? error : explain(error, index);
      }
    });
    return await Promise.all(working);
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
