import type { Logger } from '../logging/create-logger.js';
import type { Clock } from './clock.js';
import type { ManagedServing } from './managed-serving.js';
import type { ServingStateName } from './serving-state.js';

/** What {@link UnloadWhenIdle} works with. */
export interface UnloadWhenIdleOptions {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Unloads an on-demand serving that was not used for its `unloadAfterMs` and has nothing in it. */
export class UnloadWhenIdle {
  readonly #serving: ManagedServing;
  readonly #options: UnloadWhenIdleOptions;
  #cancel: (() => void) | undefined;
  /** Loading counts as use. */
  #readyAtMs = 0;
  #pauses = 0;
  #isStopped = false;

  constructor(serving: ManagedServing, options: UnloadWhenIdleOptions) {
    this.#serving = serving;
    this.#options = options;
  }

  /** To be told of every state that the serving enters. */
  onState(state: ServingStateName): void {
    this.#cancel?.();
    const { memory, unloadAfterMs } = this.#serving.options;
    if (this.#isStopped || state !== 'ready' || memory !== 'on-demand' || unloadAfterMs === 0) return;
    this.#readyAtMs = this.#options.clock.now();
    this.#look();
  }

  /** Counts as use until the returned function is called. */
  pause(): () => void {
    this.#pauses++;
    return () => {
      this.#pauses--;
      this.#readyAtMs = this.#options.clock.now();
    };
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** Unloads it if it is time, else looks again when it may be. */
  #look(): void {
    const { options, inFlight, lastUsedAtMs } = this.#serving;
    const now = this.#options.clock.now();
    const isUsed = inFlight > 0 || this.#pauses > 0;
    const usedAtMs = isUsed ? now : Math.max(lastUsedAtMs, this.#readyAtMs);
    const leftMs = usedAtMs + options.unloadAfterMs - now;
    if (leftMs > 0) this.#cancel = this.#options.clock.after(leftMs, () => this.#look());
    else this.#unload();
  }

  /** In the same turn in which it was seen to be idle. */
  #unload(): void {
    const { name } = this.#serving;
    this.#serving.unload('idle').catch((error: unknown) => {
      this.#options.log.warn(
        { event: 'serving.unload-failed', serving: name, err: error },
        `Serving ${name} was not used for a while but could not be unloaded`,
      );
    });
  }
}
