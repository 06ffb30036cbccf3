import { byId, setText } from './dom.js';
import type { Problem } from './problem.js';
import type { TokenStore } from './token-store.js';

/** Asks the person for a token in a dialog, once for all who want one. */
export class TokenPrompt {
  readonly #store: TokenStore;
  readonly #onChange: () => void;
  readonly #dialog = byId('token-dialog', HTMLDialogElement);
  readonly #input = byId('token', HTMLInputElement);
  readonly #problem = byId('token-problem', HTMLElement);
  #asking: Promise<string | null> | undefined;
  #answer: string | null = null;

  /** @param onChange called when there is another token, or none any more */
  constructor(store: TokenStore, onChange: () => void) {
    this.#store = store;
    this.#onChange = onChange;
    byId('token-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#answer = this.#input.value.trim() || null;
      if (this.#answer === null) this.#input.focus();
      else this.#dialog.close();
    });
    byId('token-cancel', HTMLButtonElement).addEventListener('click', () => this.#dialog.close());
  }

  /**
   * Joins a question that is open already.
   * @param used the token that was refused; where there is another one by now, that is the answer
   * @returns null where the person has none
   */
  ask(used: string | null, problem: Problem | null): Promise<string | null> {
    const { token } = this.#store;
    if (token !== null && token !== used) return Promise.resolve(token);
    // One that was refused is not tried again.
    this.#replace(null);
    this.#asking ??= this.#open(used, problem).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  #open(used: string | null, problem: Problem | null): Promise<string | null> {
    this.#answer = null;
    this.#input.value = '';
    const text = used !== null && problem !== null ? `That token was not accepted. ${problem.message}` : '';
    setText(this.#problem, text);
    this.#problem.hidden = text === '';
    this.#dialog.showModal();
    this.#input.focus();
    return new Promise((resolve) => {
      const onClose = (): void => {
        this.#input.value = '';
        this.#replace(this.#answer);
        resolve(this.#answer);
      };
      this.#dialog.addEventListener('close', onClose, { once: true });
    });
  }

  #replace(token: string | null): void {
    if (token === this.#store.token) return;
    this.#store.token = token;
    this.#onChange();
  }
}
