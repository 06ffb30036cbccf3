import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '../errors/error-registry.js';
import { toHornetError } from '../errors/hornet-error.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import type { Serving } from './serving.js';

/** Failures whose cause may go away by itself. */
const passingFailures: ReadonlySet<ErrorCode> = new Set([
  'ERR_HUB_UNREACHABLE',
  'ERR_CACHE_NO_SPACE',
  'ERR_CACHE_UNWRITABLE',
  'ERR_CHECKSUM_MISMATCH',
  'ERR_LOCK_TIMEOUT',
  'ERR_GPU_OUT_OF_MEMORY',
  'ERR_GPU_LOST',
]);

const firstRetryMs = 5000;
const longestRetryMs = 300_000;

/** How {@link loadServings} waits. */
export interface LoadServingsOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly log?: Logger;
  /** For tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Loads servings one after another, the default one first. One that fails leaves the others alone; where the cause
 * may pass (the Hub is unreachable, the volume or the GPU is full) it is tried again, after 5 s at first and 5 min at most.
 */
export async function loadServings(servings: readonly Serving[], options: LoadServingsOptions): Promise<void> {
  const { log = silentLogger } = options;
  const retries: Promise<void>[] = [];
  for (const serving of servings) {
    if (await failsForNow(serving, log)) retries.push(retryLoading(serving, options));
  }
  await Promise.all(retries);
}

async function retryLoading(serving: Serving, options: LoadServingsOptions): Promise<void> {
  const { signal, log = silentLogger, sleep = (ms, stop) => delay(ms, undefined, { signal: stop }) } = options;
  for (let waitMs = firstRetryMs; ; waitMs = Math.min(2 * waitMs, longestRetryMs)) {
    log.info(
      { event: 'serving.retry', serving: serving.name, waitMs },
      `Serving ${serving.name} is tried again in ${waitMs / 1000} s`,
    );
    try {
      await sleep(waitMs, signal);
    } catch {
      return;
    }
    if (!(await failsForNow(serving, log))) return;
  }
}

async function failsForNow(serving: Serving, log: Logger): Promise<boolean> {
  try {
    await serving.load();
    return false;
  } catch (error) {
    const { code, message, remedy } = toHornetError(error);
    if (code === 'ERR_SERVING_CLOSED') return false;
    const fields = { event: 'serving.failed', serving: serving.name, code, err: error };
    log.error(fields, `Serving ${serving.name} failed: ${message} ${remedy}`);
    return passingFailures.has(code);
  }
}
