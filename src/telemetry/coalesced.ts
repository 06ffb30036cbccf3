/**
 * The same work for many who ask at once: never more than one is going on, and whoever asks meanwhile shares the next
 * one with the others. So nobody gets what was found before he asked, and a crowd costs as much as two.
 */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    const begun = work().finally(() => {
      if (current === begun) current = undefined;
    });
    current = begun;
    return begun;
  };
  return () => {
    if (current === undefined) return begin();
    next ??= current
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}
