import type { Announcer } from './announcer.js';
import { curlCommand } from './curl-command.js';
import { byId, setText } from './dom.js';
import { formatBytes, formatScore } from './format.js';
import { PictureJob, type PictureJobOptions } from './picture-job.js';
import { RequestQueue } from './request-queue.js';
import { ResultCard } from './result-card.js';
import type { ServingPicker } from './serving-picker.js';

/** Requests on their way at once: more would only wait in the server instead of here. */
const mostInFlight = 4;
/** Results that are kept; those at the end of the list make room. */
const mostResults = 100;

/** What a {@link ClassifierPage} works with. */
export interface ClassifierPageOptions extends Pick<PictureJobOptions, 'isOffline' | 'token' | 'askToken'> {
  readonly announcer: Announcer;
  readonly picker: ServingPicker;
  /** Below which the routes are. */
  readonly base: string;
  /** Larger pictures are refused here. */
  readonly maxBytes: number;
}

interface AddOptions {
  readonly isDrawing?: boolean;
}

interface Entry {
  readonly card: ResultCard;
  cancel: () => void;
}

/** Sends pictures to the chosen serving and lists the results, the newest first. */
export class ClassifierPage {
  readonly #options: ClassifierPageOptions;
  readonly #queue = new RequestQueue({ maxInFlight: mostInFlight });
  readonly #list = byId('results', HTMLElement);
  readonly #empty = byId('no-results', HTMLElement);
  readonly #clear = byId('clear-results', HTMLButtonElement);
  readonly #heading = byId('results-heading', HTMLElement);
  readonly #notice = byId('notice', HTMLElement);
  readonly #entries: Entry[] = [];
  /** Came before the page had heard which servings there are. */
  readonly #early: { readonly pictures: readonly File[]; readonly options: AddOptions }[] = [];

  constructor(options: ClassifierPageOptions) {
    this.#options = options;
    this.#clear.addEventListener('click', () => {
      for (const entry of [...this.#entries]) this.#remove(entry);
      this.#options.announcer.say('All results were removed.');
      this.#heading.focus();
    });
  }

  /** Whether a picture waits for its answer. */
  get isBusy(): boolean {
    return this.#queue.size > 0 || this.#early.length > 0;
  }

  /** To be called when something has changed that pictures may wait for. */
  look(): void {
    if (this.#options.picker.chosen !== undefined) {
      for (const { pictures, options } of this.#early.splice(0)) this.add(pictures, options);
    }
    this.#queue.look();
  }

  /** Shown until the next pictures come. */
  tell(notice: string): void {
    setText(this.#notice, notice);
    this.#notice.hidden = notice === '';
  }

  add(pictures: readonly File[], options: AddOptions = {}): void {
    const { isDrawing = false } = options;
    const { maxBytes, picker } = this.#options;
    const serving = picker.chosen?.name;
    if (pictures.length === 0) return;
    if (serving === undefined) {
      this.#early.push({ pictures, options });
      this.tell('The server has not said yet what it serves. What you gave is sent as soon as it has.');
      return;
    }
    const [fitting, tooLarge] = [
      pictures.filter(({ size }) => size <= maxBytes),
      pictures.filter(({ size }) => size > maxBytes),
    ];
    const taken = fitting.slice(0, mostResults);
    const refusals = tooLarge.map(
      ({ name, size }) =>
        `${name} is too large: it has ${formatBytes(size)}, and this server takes at most ${formatBytes(maxBytes)}.`,
    );
    if (taken.length < fitting.length) refusals.push(`Only the first ${mostResults} pictures were taken.`);
    this.tell(refusals.slice(0, 3).join(' '));
    const entries = taken.map((picture) => this.#start(picture, serving, isDrawing));
    this.#list.prepend(...entries.map(({ card }) => card.root));
    this.#entries.unshift(...entries);
    for (const entry of this.#entries.slice(mostResults)) this.#remove(entry);
    this.#show();
    entries[0]?.card.root.scrollIntoView({ block: 'nearest' });
  }

  #start(picture: File, serving: string, isDrawing: boolean): Entry {
    const { announcer, base, picker, isOffline, token, askToken } = this.#options;
    const url = new URL(`${base}models/${encodeURIComponent(serving)}/classify`).href;
    const begin = (): void => {
      const job = new PictureJob({
        picture,
        url,
        card,
        servingName: serving,
        serving: () => picker.find(serving),
        isOffline,
        token,
        askToken,
        onDone: (outcome) => announcer.say(`${card.title}: ${wordsOf(outcome)}`),
      });
      entry.cancel = this.#queue.add(job);
    };
    const card = new ResultCard({
      picture,
      serving,
      isDrawing,
      curl: () => curlCommand({ url, fileName: picture.name, withToken: token() !== null }),
      onRemove: () => this.#removeByHand(entry),
      onRetry: begin,
    });
    const entry: Entry = { card, cancel: () => {} };
    card.showWaiting('Waits for its turn.');
    begin();
    return entry;
  }

  /** The focus goes to what takes the place of the card. */
  #removeByHand(entry: Entry): void {
    const index = this.#entries.indexOf(entry);
    this.#remove(entry);
    const next = this.#entries[Math.min(index, this.#entries.length - 1)];
    if (next === undefined) this.#heading.focus();
    else next.card.focusRemove();
  }

  #remove(entry: Entry): void {
    entry.cancel();
    entry.card.root.remove();
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
    this.#show();
  }

  #show(): void {
    const isEmpty = this.#entries.length === 0;
    this.#empty.hidden = !isEmpty;
    this.#clear.hidden = isEmpty;
  }
}

function wordsOf(outcome: Parameters<PictureJobOptions['onDone']>[0]): string {
  if ('message' in outcome) return `${outcome.message} ${outcome.remedy ?? ''}`.trim();
  const [first] = outcome.labels;
  return first === undefined ? 'no label.' : `${first.label}, ${formatScore(first.score)}.`;
}
