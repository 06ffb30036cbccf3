import { EventEmitter } from 'node:events';
import type { HornetError } from '../errors/hornet-error.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import type { ServingEvents } from './serving-events.js';
import type { LoadProgress, ServingStateName } from './serving-state.js';

/** What a {@link StateMachine} works with. */
export interface StateMachineParts {
  readonly serving: string;
  readonly initial: ServingStateName;
  readonly log: Logger;
  readonly events: ServingEvents;
}

/** The state of a serving, since when, and how far it is. Each change of state is logged and published, once. */
export class StateMachine {
  readonly #parts: StateMachineParts;
  #name: ServingStateName;
  #since = new Date();
  #percent: number | null = null;
  #message: string | null = null;
  #error: HornetError | null = null;

  constructor(parts: StateMachineParts) {
    this.#parts = parts;
    this.#name = parts.initial;
  }

  /** One that nobody is told of, for what loads beside a serving. */
  static unpublished(serving: string): StateMachine {
    return new StateMachine({ serving, initial: 'pending', log: silentLogger, events: new EventEmitter() });
  }

  get name(): ServingStateName {
    return this.#name;
  }

  /** Why it is in the state, where that is for a failure. */
  get error(): HornetError | null {
    return this.#error;
  }

  get progress(): LoadProgress & { readonly since: string } {
    return { since: this.#since.toISOString(), percent: this.#percent, message: this.#message };
  }

  /** Begins a state; does nothing where it is in it already, but for the error. */
  enter(name: ServingStateName, error: HornetError | null = null): void {
    this.#error = error;
    const previous = { state: this.#name, durationMs: Date.now() - this.#since.getTime() };
    if (name === previous.state) return;
    this.#name = name;
    this.#since = new Date();
    this.#percent = null;
    this.#message = null;
    const { serving, log, events } = this.#parts;
    log.info({ event: 'serving.state', serving, state: name, previous }, `Serving ${serving} is ${name}`);
    events.emit('state', {
      serving,
      state: name,
      previous: previous.state,
      previousMs: previous.durationMs,
      errorCode: error?.code ?? null,
    });
  }

  /** How far the state is, 0 to 100, and what goes on, in words. */
  tell(percent: number | null, message: string | null): void {
    if (percent === this.#percent && message === this.#message) return;
    this.#percent = percent;
    this.#message = message;
    this.#parts.events.emit('progress', { serving: this.#parts.serving, percent, message });
  }
}
