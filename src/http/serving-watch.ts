import { type Clock, systemClock } from '../serving/clock.js';
import type { ServingEvents } from '../serving/serving-events.js';
import type { ServingStatus } from '../serving/serving-state.js';
import { publicStatus } from './public-status.js';

/** A serving as those see it who follow its state. */
export interface WatchedServing {
  readonly events: ServingEvents;
  readonly status: ServingStatus;
}

/** Changes within this time are told at once, ms: at most four times a second. */
const togetherMs = 250;

/** How often what raises no event is looked at, ms: images in a serving, a replacement that loads. */
const lookEveryMs = 1000;

/**
 * Tells followers of the state of all servings whenever it changes. It is made into text once for all of them, and
 * only while there are any: a server that nobody watches has nothing to do for this.
 */
export class ServingWatch {
  readonly #servings: readonly WatchedServing[];
  readonly #clock: Clock;
  readonly #followers = new Set<(json: string) => void>();
  #json = '';
  #toldAtMs = Number.NEGATIVE_INFINITY;
  #cancelTell: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(servings: readonly WatchedServing[], clock: Clock = systemClock) {
    this.#servings = servings;
    this.#clock = clock;
  }

  /** How many follow. */
  get followers(): number {
    return this.#followers.size;
  }

  /** All servings as of now, the JSON that GET /models answers. */
  current(): string {
    return JSON.stringify(this.#servings.map(({ status }) => publicStatus(status)));
  }

  /** Calls back with each new state, not with the one that is; until the returned function is called. */
  follow(onChange: (json: string) => void): () => void {
    if (this.#followers.size === 0) this.#begin();
    this.#followers.add(onChange);
    return () => {
      if (this.#followers.delete(onChange) && this.#followers.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#json = this.current();
    for (const { events } of this.#servings) events.on('state', this.#onEvent).on('progress', this.#onEvent);
    this.#lookLater();
  }

  #end(): void {
    for (const { events } of this.#servings) events.off('state', this.#onEvent).off('progress', this.#onEvent);
    this.#cancelTell?.();
    this.#cancelTell = undefined;
    this.#cancelLook?.();
  }

  readonly #onEvent = (): void => {
    this.#cancelTell ??= this.#clock.after(Math.max(0, this.#toldAtMs + togetherMs - this.#clock.now()), () => {
      this.#cancelTell = undefined;
      this.#tell();
    });
  };

  #lookLater(): void {
    this.#cancelLook = this.#clock.after(lookEveryMs, () => {
      this.#lookLater();
      if (this.#cancelTell === undefined) this.#tell();
    });
  }

  #tell(): void {
    const json = this.current();
    if (json === this.#json) return;
    this.#json = json;
    this.#toldAtMs = this.#clock.now();
    for (const follower of this.#followers) follower(json);
  }
}
