/** Time as the client sees it; injected so that tests need not wait. */
export interface ClientClock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Milliseconds since 1970, which dates in headers are compared with. */
  date(): number;
  /** Calls back once, `delayMs` from now; the returned function cancels that. */
  after(delayMs: number, callback: () => void): () => void;
}

/** 24.8 days: timers that are to wait for longer fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The clock of this machine. Unlike the server's, its timers keep a process alive: somebody waits for the answer. */
export const systemClock: ClientClock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after: (delayMs, callback) => {
    if (delayMs > longestTimerMs) return () => {};
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};
