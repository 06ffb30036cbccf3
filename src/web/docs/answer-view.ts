import { copyText } from '../copy-text.js';
import { make, makeButton, setText } from '../dom.js';
import { textsOf } from '../texts-of.js';
import type { BuiltRequest } from './build-request.js';

/** What is shown of one answer, in characters: /events has no end. */
const maxShown = 200_000;

/** Sends requests, one at a time, and shows what comes back as it comes. */
export class AnswerView {
  readonly element = make('div', { class: 'answer' });
  readonly #curl = make('code');
  readonly #status = make('p', { class: 'status', attributes: { role: 'status' } });
  readonly #headers = make('pre', { attributes: { tabindex: '0' } });
  readonly #body = make('pre', { class: 'body', attributes: { tabindex: '0', 'aria-label': 'Body of the answer' } });
  #controller: AbortController | undefined;

  constructor() {
    const copy = makeButton('Copy', 'button small', () => void copyText(this.#curl));
    this.element.append(
      make('div', { class: 'curl' }, make('pre', { attributes: { tabindex: '0' } }, this.#curl), copy),
      this.#status,
      make('details', {}, make('summary', { text: 'Headers' }), this.#headers),
      this.#body,
    );
    this.element.hidden = true;
  }

  /** Ends what is coming. */
  stop(): void {
    this.#controller?.abort();
  }

  /** Resolves when the answer is there, or there will be none; rejects never. */
  async show({ url, init, curl }: BuiltRequest): Promise<void> {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    this.element.hidden = false;
    setText(this.#curl, curl);
    setText(this.#status, 'Waiting …');
    this.#status.dataset.kind = 'waiting';
    this.#headers.textContent = '';
    this.#body.textContent = '';
    const startedMs = performance.now();
    try {
      const response = await fetch(url, { ...init, signal: controller.signal, cache: 'no-store' });
      const durationMs = Math.round(performance.now() - startedMs);
      this.#status.dataset.kind = response.ok ? 'good' : 'bad';
      setText(this.#status, `${response.status} ${response.statusText} after ${durationMs} ms`);
      this.#headers.textContent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      await this.#read(response);
    } catch (error) {
      if (controller.signal.aborted) {
        if (this.#controller === controller) this.#status.append(' (stopped)');
        return;
      }
      this.#status.dataset.kind = 'bad';
      setText(this.#status, `There was no answer: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #read(response: Response): Promise<void> {
    if (response.headers.get('Content-Type')?.includes('json') === true) {
      this.#body.textContent = pretty(await response.text());
      return;
    }
    if (response.body === null) return;
    for await (const text of textsOf(response.body)) {
      this.#body.textContent = (this.#body.textContent + text).slice(-maxShown);
    }
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).slice(0, maxShown);
  } catch {
    return text.slice(0, maxShown);
  }
}
