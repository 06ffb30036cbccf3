/**
 * The promise where it settles in time, else what `late` returns or throws. What settles later is dropped.
 * @param ms from now
 */
export async function within<T>(ms: number, promise: Promise<T>, late: () => T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, timeUp.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
