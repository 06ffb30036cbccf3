/** From half a millisecond, which a small image takes, to the longest time that a request is usually given; s. */
export const requestBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** From what is in the cache of the system to a large model over a slow network, or an engine of it; s. */
export const loadBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 3600];

/** Images. */
export const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Prometheus counts time in seconds. */
export const secondsIn = (ms: number): number => ms / 1000;
