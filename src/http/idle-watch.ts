import type { Clock } from '../serving/clock.js';
import type { StateChange } from '../serving/serving-events.js';
import type { ServingStateName } from '../serving/serving-state.js';
import type { ServedServing } from './served.js';

/** Options of {@link IdleWatch}. */
export interface IdleWatchOptions {
  readonly clock: Clock;
  /** 0: never. */
  readonly stopAfterIdleMs: number;
  /** Called once. */
  readonly onIdle: () => void;
}

/** States in which a serving is being brought up. */
const loadingStates: ReadonlySet<ServingStateName> = new Set([
  'downloading',
  'verifying',
  'building',
  'loading',
  'warming',
]);

/**
 * Notices that nobody has used the server for a while. In use is a server with a request open (probes and metrics are
 * not counted: whoever mounts the watch leaves those out) or a serving that is being loaded. A load that fails puts the
 * end off while it goes on, but is no use: a model that can never be loaded must not keep a machine running.
 */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #loading = new Set<string>();
  readonly #unsubscribe: (() => void)[] = [];
  #open = 0;
  #lastUsedMs: number;
  #cancelTimer: (() => void) | undefined;
  #done = false;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#lastUsedMs = options.clock.now();
    this.#rest();
  }

  /** Requests that are open. */
  get open(): number {
    return this.#open;
  }

  /** Something uses the server, until the returned function is called; that is idempotent. */
  begin(): () => void {
    this.#open++;
    this.#wake();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#open--;
      this.#used();
    };
  }

  /** From now on this serving's loading counts. */
  watch({ name, events, status }: Pick<ServedServing, 'name' | 'events' | 'status'>): void {
    const enter = (state: ServingStateName): void => {
      if (loadingStates.has(state)) {
        this.#loading.add(name);
        this.#wake();
      } else if (this.#loading.delete(name)) {
        if (state === 'ready') this.#used();
        else this.#rest();
      }
    };
    const onState = (change: StateChange): void => enter(change.state);
    events.on('state', onState);
    this.#unsubscribe.push(() => events.off('state', onState));
    enter(status.state);
  }

  /** Ends the watch without calling back. Idempotent. */
  close(): void {
    this.#done = true;
    this.#wake();
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  #used(): void {
    this.#lastUsedMs = this.#options.clock.now();
    this.#rest();
  }

  #wake(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #rest(): void {
    const { clock, stopAfterIdleMs, onIdle } = this.#options;
    this.#wake();
    if (this.#done || stopAfterIdleMs === 0 || this.#open > 0 || this.#loading.size > 0) return;
    const leftMs = this.#lastUsedMs + stopAfterIdleMs - clock.now();
    this.#cancelTimer = clock.after(leftMs, () => {
      this.close();
      onIdle();
    });
  }
}
