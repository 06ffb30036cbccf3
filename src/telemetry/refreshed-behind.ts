/** What {@link refreshedBehind} works with. */
export interface RefreshOptions<T> {
  /** May take long, or for ever, and may fail; not called while a call of it goes on. */
  readonly measure: () => Promise<T>;
  /** From this age on a value is measured again, ms. */
  readonly maxAgeMs: number;
  readonly now: () => number;
}

/**
 * The last value that was measured, at once: whoever asks never waits. Asking begins a new measurement where the last one
 * is too old. Undefined until the first one is there; where one fails, what was there stays.
 */
export function refreshedBehind<T>({ measure, maxAgeMs, now }: RefreshOptions<T>): () => T | undefined {
  let latest: T | undefined;
  let beganAtMs = Number.NEGATIVE_INFINITY;
  let isMeasuring = false;
  const refresh = async (): Promise<void> => {
    isMeasuring = true;
    beganAtMs = now();
    try {
      latest = await measure();
    } catch {
      // There is something to show, or there is not.
    } finally {
      isMeasuring = false;
    }
  };
  return () => {
    if (!isMeasuring && now() - beganAtMs >= maxAgeMs) void refresh();
    return latest;
  };
}
