import type { Announcer } from './announcer.js';
import { byId, setText } from './dom.js';
import type { FeedState } from './serving-feed.js';

const labels: Readonly<Record<FeedState['kind'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  polling: 'Connected',
  lost: 'Offline',
  locked: 'Token needed',
  paused: 'Paused',
};

/** Shows how the page hears of its server, and says so when it no longer does. */
export class ConnectionBadge {
  readonly #announcer: Announcer;
  readonly #badge = byId('connection', HTMLElement);
  readonly #banner = byId('lost', HTMLElement);
  readonly #reason = byId('lost-reason', HTMLElement);
  readonly #countdown = byId('lost-countdown', HTMLElement);
  #state: FeedState = { kind: 'connecting' };
  #wasLost = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(announcer: Announcer, tryNow: () => void) {
    this.#announcer = announcer;
    byId('try-now', HTMLButtonElement).addEventListener('click', tryNow);
  }

  show(state: FeedState): void {
    this.#state = state;
    this.#badge.dataset.kind = state.kind;
    setText(this.#badge, labels[state.kind]);
    const isLost = state.kind === 'lost';
    this.#banner.hidden = !isLost;
    clearInterval(this.#timer);
    if (isLost) {
      const reason = state.isClosing ? 'The server is shutting down.' : 'The connection to the server is lost.';
      setText(this.#reason, reason);
      if (!this.#wasLost) this.#announcer.say(`${reason} It is tried again until it is back.`);
      this.#timer = setInterval(() => this.#count(), 500);
      this.#count();
    } else if (this.#wasLost && (state.kind === 'live' || state.kind === 'polling')) {
      this.#announcer.say('The connection to the server is back.');
    }
    if (state.kind !== 'connecting') this.#wasLost = isLost;
  }

  #count(): void {
    if (this.#state.kind !== 'lost') return;
    const seconds = Math.ceil((this.#state.retryAtMs - Date.now()) / 1000);
    setText(this.#countdown, seconds > 0 ? `Trying again in ${seconds} s.` : 'Trying again now.');
  }
}
