/** Time as servings see it; injected so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Calls back once, `delayMs` from now; the returned function cancels that. Keeps no process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, callback) =>
    inSteps(delayMs, callback, (stepMs, next) => {
      const timer = setTimeout(next, stepMs);
      timer.unref();
      return () => clearTimeout(timer);
    }),
};

/** 24.8 days: timers of Node that are to wait for longer fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Waits with a timer that cannot wait for long, as often as it takes; the returned function cancels that. */
export function inSteps(
  delayMs: number,
  callback: () => void,
  startTimer: (stepMs: number, next: () => void) => () => void,
): () => void {
  let cancel = (): void => {};
  const wait = (leftMs: number): void => {
    cancel =
      leftMs > longestTimerMs
        ? startTimer(longestTimerMs, () => wait(leftMs - longestTimerMs))
        : startTimer(leftMs, callback);
  };
  wait(delayMs);
  return () => cancel();
}
