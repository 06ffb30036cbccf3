import { authorization } from './classify-picture.js';
import { type Problem, readProblem } from './problem.js';
import { SseParser } from './server-sent-events.js';
import { readServings, type ServingStatus } from './serving-status.js';
import { textsOf } from './texts-of.js';

/** How the page hears of the servings just now. */
export type FeedState =
  | { readonly kind: 'connecting' }
  /** Told of each change at once. */
  | { readonly kind: 'live' }
  /** Asks now and then: no stream can be had. */
  | { readonly kind: 'polling' }
  /** No answer; the next try is made then. */
  | { readonly kind: 'lost'; readonly retryAtMs: number; readonly isClosing: boolean }
  /** Without a token there is nothing to hear. */
  | { readonly kind: 'locked' }
  /** Nobody looks at the page. */
  | { readonly kind: 'paused' };

/** What a {@link ServingFeed} works with. */
export interface ServingFeedOptions {
  readonly onServings: (servings: readonly ServingStatus[]) => void;
  readonly onState: (state: FeedState) => void;
  readonly token: () => string | null;
  /** Asks the person for a token; null: there is none to be had. */
  readonly askToken: (problem: Problem) => Promise<string | null>;
  /** Below which the routes are. */
  readonly base: string;
}

/** A stream must begin within this time, or something on the way holds it back, ms. */
const firstEventMs = 5000;
/** A stream that has lasted this long may have been cut by something on the way that allows no longer ones, ms. */
const longStreamMs = 10_000;
/** Heartbeats come every 15 s. */
const silenceMs = 40_000;
const pollEveryMs = 3000;
/** How often it is asked before the stream is tried again. */
const pollsInARow = 10;
const backoffMs = [1000, 2000, 4000, 8000, 15_000, 30_000];

/** Follows the servings by GET /events; comes back when the connection is lost, and asks where there are no streams. */
export class ServingFeed {
  readonly #options: ServingFeedOptions;
  #failures = 0;
  #isPaused = false;
  #connection = new AbortController();
  #wake = (): void => {};

  constructor(options: ServingFeedOptions) {
    this.#options = options;
  }

  /** Follows for as long as the page is there. */
  async run(): Promise<never> {
    for (;;) {
      if (this.#isPaused) {
        this.#options.onState({ kind: 'paused' });
        await this.#pause(null);
        continue;
      }
      const end = await this.#stream();
      if (this.#isPaused) continue;
      if (end === 'none') await this.#poll();
      else if (end === 'locked') {
        this.#options.onState({ kind: 'locked' });
        await this.#pause(null);
      } else if (end !== 'again') await this.#backOff(end === 'closing');
    }
  }

  /** Connects at once, if it is waiting. */
  tryNow(): void {
    this.#wake();
  }

  /** Lets go of the server until {@link resume}. */
  pause(): void {
    this.#isPaused = true;
    this.#connection.abort();
    this.#wake();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#wake();
  }

  /** One connection, to its end. */
  async #stream(): Promise<'again' | 'lost' | 'closing' | 'none' | 'locked'> {
    const startMs = Date.now();
    const connection = new AbortController();
    this.#connection = connection;
    if (this.#failures === 0) this.#options.onState({ kind: 'connecting' });
    let hasBegun = false;
    let timer = setTimeout(() => connection.abort(), firstEventMs);
    try {
      const token = this.#options.token();
      const headers = { Accept: 'text/event-stream', ...authorization(token) };
      const response = await fetch(`${this.#options.base}events`, {
        headers,
        cache: 'no-store',
        signal: connection.signal,
      });
      if (response.status === 401) {
        clearTimeout(timer);
        return (await this.#options.askToken(await readProblem(response))) === null ? 'locked' : 'again';
      }
      if (!response.ok || response.body === null) {
        const { code } = await readProblem(response);
        if (code === 'ERR_SERVING_CLOSED') return 'closing';
        return [502, 503, 504].includes(response.status) && code === null ? 'lost' : 'none';
      }
      const parser = new SseParser();
      for await (const text of textsOf(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => connection.abort(), hasBegun ? silenceMs : firstEventMs);
        for (const { event, data } of parser.push(text)) {
          if (event !== 'servings') continue;
          if (!hasBegun) this.#begun({ kind: 'live' });
          hasBegun = true;
          this.#tell(JSON.parse(data));
        }
      }
    } catch {
      if (connection.signal.aborted && !hasBegun) return 'none';
    } finally {
      clearTimeout(timer);
      connection.abort();
    }
    // Where it is more than that, the next try tells.
    return hasBegun && Date.now() - startMs > longStreamMs ? 'again' : 'lost';
  }

  /** Asks a route that is open to all and is no use of the server, as a page that is left open should not be. */
  async #poll(): Promise<void> {
    for (let count = 0; count < pollsInARow && !this.#isPaused; count++) {
      try {
        const response = await fetch(`${this.#options.base}health/ready`, {
          cache: 'no-store',
          signal: AbortSignal.timeout(firstEventMs),
        });
        const answer = (await response.json()) as { readonly servings?: unknown };
        if (count === 0) this.#begun({ kind: 'polling' });
        this.#tell(answer.servings);
      } catch {
        await this.#backOff(false);
        return;
      }
      await this.#pause(pollEveryMs);
    }
  }

  #begun(state: FeedState): void {
    this.#failures = 0;
    this.#options.onState(state);
  }

  #tell(value: unknown): void {
    const servings = readServings(value);
    if (servings !== null) this.#options.onServings(servings);
  }

  async #backOff(isClosing: boolean): Promise<void> {
    const longestMs = backoffMs[Math.min(this.#failures, backoffMs.length - 1)] ?? 1000;
    this.#failures++;
    // Not all pages at once, when a server comes back.
    const waitMs = longestMs * (0.75 + Math.random() / 4);
    this.#options.onState({ kind: 'lost', retryAtMs: Date.now() + waitMs, isClosing });
    await this.#pause(waitMs);
  }

  /** Until the time is over (null: never), or {@link tryNow}. */
  #pause(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
