import { make } from './dom.js';

/** Old ones are taken away: a screen reader has read them. */
const mostKept = 20;

/** Tells people who hear the page what others see: each text is added to a live region, so that none is lost. */
export class Announcer {
  readonly #region: HTMLElement;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  say(text: string): void {
    this.#region.append(make('p', { text }));
    while (this.#region.childElementCount > mostKept) this.#region.firstElementChild?.remove();
  }
}
