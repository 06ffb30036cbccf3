import { HornetError } from '../errors/hornet-error.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { type Clock, systemClock } from './clock.js';
import type { ManagedServing, ReplaceChanges } from './managed-serving.js';
import { RetryLoading } from './retry-loading.js';
import type { StateChange } from './serving-events.js';
import type { ServingStatus } from './serving-state.js';
import { TrimWhenIdle } from './trim-when-idle.js';
import { UnloadWhenIdle } from './unload-when-idle.js';

/** Options of {@link ServingManager}. */
export interface ServingManagerOptions<S extends ManagedServing> {
  /** At least one, each with another name; the first is the default one. */
  readonly servings: readonly [S, ...S[]];
  /** Default: that of the machine. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly log?: Logger;
  /** Between 0 and 1, for the jitter of retries; for tests. */
  readonly random?: () => number;
}

/** A serving as GET /status reports it. */
export interface ServingReport extends ServingStatus {
  /** When a failed one is tried again, ms from now; null where it is not. */
  readonly retryInMs: number | null;
}

interface Managed<S> {
  readonly serving: S;
  readonly retry: RetryLoading;
  readonly idle: UnloadWhenIdle;
  readonly onState: (change: StateChange) => void;
}

/** The servings of a process, and which of them are loaded when. */
export class ServingManager<S extends ManagedServing = ManagedServing> {
  readonly servings: readonly [S, ...S[]];
  readonly #managed: ReadonlyMap<string, Managed<S>>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #trim: TrimWhenIdle;
  readonly #onIdle = (): void => this.#trim.onIdle();
  #started: Promise<void> | undefined;
  #closing: Promise<number> | undefined;

  constructor({ servings, clock = systemClock, log = silentLogger, random = Math.random }: ServingManagerOptions<S>) {
    this.servings = servings;
    this.#clock = clock;
    this.#log = log;
    this.#trim = new TrimWhenIdle(servings, clock);
    this.#managed = new Map(
      servings.map((serving) => {
        const retry = new RetryLoading(serving, { clock, log, random });
        const idle = new UnloadWhenIdle(serving, { clock, log });
        const onState = (change: StateChange): void => {
          retry.onState(change);
          idle.onState(change.state);
          if (change.state === 'unloaded') this.#tellOfFreedMemory();
        };
        return [serving.name, { serving, retry, idle, onState }];
      }),
    );
  }

  get default(): S {
    return this.servings[0];
  }

  /** @throws ERR_SERVING_NOT_FOUND, with the names that there are in `details.servings` */
  get(name: string): S {
    return this.#find(name).serving;
  }

  /**
   * Loads the servings that are to be preloaded, side by side; from now on unloads on-demand ones when they are idle, and
   * tries those again that fail for a cause that may pass. Resolves when each was tried once; rejects never. Once only.
   * @param signal ends the trying again, not what is being loaded
   */
  start(signal?: AbortSignal): Promise<void> {
    this.#started ??= this.#start(signal);
    return this.#started;
  }

  /** Whether every serving that is to be preloaded is ready, and nothing is being closed. */
  ready(): boolean {
    return this.#closing === undefined && this.servings.filter(isPreloaded).every(isReady);
  }

  status(): readonly ServingReport[] {
    return [...this.#managed.values()].map(({ serving, retry }) => ({
      ...serving.status,
      retryInMs: retry.dueInMs,
    }));
  }

  /**
   * Loads a serving, also one that was unloaded by hand.
   * @throws ERR_SERVING_NOT_FOUND, ERR_SERVING_CLOSED, and what made it fail
   */
  async load(name: string): Promise<void> {
    const { serving } = this.#findOpen(name);
    await serving.load();
  }

  /**
   * Unloads a serving until it is loaded by hand; what is in it is answered first.
   * @throws ERR_SERVING_NOT_FOUND, ERR_SERVING_CLOSED
   */
  async unload(name: string): Promise<void> {
    const { serving, retry } = this.#findOpen(name);
    const resume = retry.pause();
    try {
      await serving.unload('by-hand');
    } finally {
      resume();
    }
  }

  /**
   * Replaces what a serving has loaded, without a gap.
   * @throws ERR_SERVING_NOT_FOUND, ERR_SERVING_CLOSED, ERR_SERVING_BUSY, and what made the new one fail
   */
  async replace(name: string, changes: ReplaceChanges): Promise<void> {
    const { serving, retry, idle } = this.#findOpen(name);
    const resumes = [retry.pause(), idle.pause()];
    try {
      await serving.replace(changes);
    } finally {
      for (const resume of resumes) resume();
    }
  }

  /**
   * Loads and retries nothing any more, lets every serving answer what it holds, and frees them. Idempotent.
   * @param graceMs what is not done by then is given up
   * @returns how many images were
   */
  close({ graceMs }: { readonly graceMs: number }): Promise<number> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    if (this.#closing !== undefined) return;
    const stopRetries = (): void => {
      for (const { retry } of this.#managed.values()) retry.stop();
    };
    if (signal?.aborted) stopRetries();
    else signal?.addEventListener('abort', stopRetries, { once: true });
    for (const { serving, retry, idle, onState } of this.#managed.values()) {
      serving.events.on('state', onState);
      serving.events.on('idle', this.#onIdle);
      retry.retryIfFailed();
      idle.onState(serving.status.state);
    }
    await Promise.all(
      [...this.#managed.values()]
        .filter(({ serving }) => isPreloaded(serving))
        .map(async ({ serving, retry }) => {
          // It tells of its failure itself.
          await serving.load().catch(() => {});
          retry.retryIfFailed();
        }),
    );
  }

  async #close(graceMs: number): Promise<number> {
    this.#trim.stop();
    for (const { serving, retry, idle, onState } of this.#managed.values()) {
      retry.stop();
      idle.stop();
      serving.events.off('state', onState);
      serving.events.off('idle', this.#onIdle);
    }
    const left = new Set(this.servings);
    const closed = this.servings.map(async (serving) => {
      await serving.close().catch((error: unknown) => {
        this.#log.error(
          { event: 'serving.close-failed', serving: serving.name, err: error },
          `Serving ${serving.name} could not be closed`,
        );
      });
      left.delete(serving);
    });
    await this.#within(graceMs, Promise.all(closed));
    return [...left].reduce((images, { inFlight }) => images + inFlight, 0);
  }

  #tellOfFreedMemory(): void {
    for (const { retry } of this.#managed.values()) retry.onMemoryFreed();
  }

  #within(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      void work.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #findOpen(name: string): Managed<S> {
    const managed = this.#find(name);
    if (this.#closing === undefined) return managed;
    throw new HornetError('ERR_SERVING_CLOSED', `Serving "${name}" is shutting down.`);
  }

  #find(name: string): Managed<S> {
    const managed = this.#managed.get(name);
    if (managed !== undefined) return managed;
    const names = [...this.#managed.keys()];
    throw new HornetError('ERR_SERVING_NOT_FOUND', `There is no serving "${name}"; there is ${names.join(', ')}.`, {
      details: { servings: names },
    });
  }
}

function isPreloaded({ options }: ManagedServing): boolean {
  return options.memory === 'preload';
}

function isReady({ status }: ManagedServing): boolean {
  return status.state === 'ready';
}
