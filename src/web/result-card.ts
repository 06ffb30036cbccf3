import type { ClassifyOutcome, Label } from './classify-picture.js';
import { copyText } from './copy-text.js';
import { make, makeButton, setText } from './dom.js';
import { formatBytes, formatMs, formatScore } from './format.js';
import type { Problem } from './problem.js';
import { describeStage } from './stage-words.js';

/** What a {@link ResultCard} shows and does. */
export interface ResultCardOptions {
  readonly picture: File;
  /** Name of the serving that is asked. */
  readonly serving: string;
  readonly isDrawing: boolean;
  readonly curl: () => string;
  readonly onRemove: () => void;
  readonly onRetry: () => void;
}

type Labels = Extract<ClassifyOutcome, { kind: 'labels' }>;

/** One picture, and what became of it. */
export class ResultCard {
  readonly root: HTMLLIElement;
  readonly #options: ResultCardOptions;
  readonly #body = make('div', { class: 'body' });
  readonly #remove: HTMLButtonElement;

  constructor(options: ResultCardOptions) {
    this.#options = options;
    const { picture, serving, isDrawing } = options;
    const title = isDrawing ? 'Your drawing' : picture.name;
    this.#remove = makeButton('', 'remove', options.onRemove);
    this.#remove.setAttribute('aria-label', `Remove ${title}`);
    const head = make(
      'div',
      { class: 'head' },
      make('h3', { text: title, attributes: { title } }),
      make('p', { class: 'about', text: `${serving} · ${formatBytes(picture.size)}` }),
    );
    this.root = make('li', { class: 'card' }, thumbnailOf(picture), head, this.#body, this.#remove);
  }

  get title(): string {
    return this.#options.isDrawing ? 'Your drawing' : this.#options.picture.name;
  }

  focusRemove(): void {
    this.#remove.focus();
  }

  showWaiting(why: string): void {
    this.#enter('waiting', make('p', { class: 'waiting', text: why }));
  }

  showWorking(): void {
    this.#enter('working', make('p', { class: 'waiting', text: 'Looking at it …' }));
  }

  showProblem({ message, remedy, code }: Problem): void {
    const texts = [
      make('p', { class: 'message', text: message }),
      ...(remedy === null ? [] : [make('p', { class: 'remedy', text: remedy })]),
      ...(code === null ? [] : [make('p', { class: 'code' }, make('code', { text: code }))]),
    ];
    const retry = makeButton('Try again', 'button small', this.#options.onRetry);
    this.#enter('failed', make('div', { class: 'problem' }, ...texts), retry);
  }

  showLabels({ labels, stages, roundTripMs }: Labels): void {
    const bars = make(
      'ol',
      { class: 'bars', attributes: { 'aria-label': 'Most likely labels' } },
      ...labels.map(barOf),
    );
    this.#enter('done', bars, timesOf(stages, roundTripMs), this.#actions());
  }

  #actions(): HTMLElement {
    const code = make('code', { text: this.#options.curl() });
    const note = make('span', { class: 'copied', attributes: { role: 'status' } });
    const copy = makeButton('Copy', 'button small', () => {
      void copyText(code).then((isCopied) => {
        note.textContent = '';
        setText(note, isCopied ? 'Copied.' : 'Selected: copy it with your keyboard.');
      });
    });
    copy.setAttribute('aria-label', 'Copy the curl line');
    const line = make(
      'details',
      { class: 'curl' },
      make('summary', { text: 'As a curl line' }),
      make('pre', { attributes: { tabindex: '0', role: 'region', 'aria-label': 'curl line' } }, code),
      make('div', { class: 'actions' }, copy, note),
    );
    // The line names a file that is nowhere yet.
    if (this.#options.isDrawing) {
      const save = makeButton('Save drawing.png', 'button small', () => savePicture(this.#options.picture));
      copy.after(save);
    }
    return line;
  }

  #enter(state: string, ...content: readonly Node[]): void {
    // What had the focus is about to go.
    const hadFocus = this.#body.contains(document.activeElement);
    this.root.dataset.state = state;
    this.#body.replaceChildren(...content);
    if (hadFocus) this.#remove.focus();
  }
}

function thumbnailOf(picture: File): HTMLElement {
  const frame = make('div', { class: 'thumbnail' });
  const image = make('img', { attributes: { alt: '', decoding: 'async' } });
  const url = URL.createObjectURL(picture);
  image.addEventListener('load', () => URL.revokeObjectURL(url));
  image.addEventListener('error', () => {
    URL.revokeObjectURL(url);
    // A kind that browsers do not show, such as TIFF, or no picture at all.
    image.replaceWith(make('span', { text: /\.(\w{1,5})$/.exec(picture.name)?.[1] ?? 'file' }));
  });
  image.src = url;
  frame.append(image);
  return frame;
}

function barOf({ label, score }: Label): HTMLLIElement {
  const bar = make('span', { class: 'bar', attributes: { 'aria-hidden': 'true' } });
  bar.style.setProperty('--share', String(Math.min(Math.max(score, 0), 1)));
  return make(
    'li',
    {},
    make('span', { class: 'label', text: label }),
    ' ',
    make('span', { class: 'score', text: formatScore(score) }),
    bar,
  );
}

function timesOf(stages: Labels['stages'], roundTripMs: number): HTMLElement {
  const times = Object.entries(stages);
  const total = times.reduce((sum, [, ms]) => sum + ms, 0);
  const strip = make('div', { class: 'strip', attributes: { 'aria-hidden': 'true' } });
  for (const [name, ms] of times) {
    const part = make('span', { attributes: { 'data-stage': name } });
    part.style.setProperty('--share', String(total > 0 ? ms / total : 0));
    strip.append(part);
  }
  const entries = [
    ...times.map(([name, ms]) => ({ name, words: describeStage(name), ms })),
    { name: 'total', words: 'Round trip', ms: roundTripMs },
  ].map(({ name, words, ms }) =>
    make(
      'div',
      { attributes: { 'data-stage': name } },
      make('dt', { text: words }),
      make('dd', { text: formatMs(ms) }),
    ),
  );
  return make('div', { class: 'times' }, strip, make('dl', { attributes: { 'aria-label': 'Times' } }, ...entries));
}

function savePicture(picture: File): void {
  const url = URL.createObjectURL(picture);
  make('a', { attributes: { href: url, download: picture.name } }).click();
  // The download has its own hold on it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
