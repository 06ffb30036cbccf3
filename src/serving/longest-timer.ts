/** 24.8 days: timers of Node that are to wait for longer fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;
