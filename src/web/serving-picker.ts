import type { Announcer } from './announcer.js';
import { byId, make, setText } from './dom.js';
import { formatPercent } from './format.js';
import { describeDevice, describeState, isLoading, type ServingStatus } from './serving-status.js';

/** The elements of one serving. They stay while it changes, so that the focus does. */
interface Row {
  readonly root: HTMLElement;
  readonly input: HTMLInputElement;
  readonly state: HTMLElement;
  readonly detail: HTMLElement;
  readonly progress: HTMLProgressElement;
  label: string;
}

/** Shows the servings and lets the person choose which one is asked. The choice is in the address of the page. */
export class ServingPicker {
  readonly #announcer: Announcer;
  readonly #onChoice: () => void;
  readonly #list = byId('servings', HTMLElement);
  readonly #rows = new Map<string, Row>();
  #servings: readonly ServingStatus[] = [];
  #made = 0;

  /** @param onChoice called when another serving is chosen, or the chosen one has changed */
  constructor(announcer: Announcer, onChoice: () => void) {
    this.#announcer = announcer;
    this.#onChoice = onChoice;
  }

  /** The serving that is asked; undefined while none is known. */
  get chosen(): ServingStatus | undefined {
    const name = [...this.#rows].find(([, { input }]) => input.checked)?.[0];
    return this.find(name ?? '');
  }

  find(name: string): ServingStatus | undefined {
    return this.#servings.find((serving) => serving.name === name);
  }

  update(servings: readonly ServingStatus[]): void {
    this.#servings = servings;
    if (this.#rows.size === 0) this.#list.replaceChildren();
    for (const [name, { root }] of this.#rows) {
      if (this.find(name) !== undefined) continue;
      root.remove();
      this.#rows.delete(name);
    }
    for (const serving of servings) this.#show(this.#rowOf(serving.name), serving);
    if (this.chosen === undefined) this.#chooseFirst();
    this.#onChoice();
  }

  #chooseFirst(): void {
    const inAddress = [...this.#rows].find(([name]) => location.hash === `#${encodeURIComponent(name)}`)?.[1];
    const row = inAddress ?? this.#rows.values().next().value;
    if (row !== undefined) row.input.checked = true;
  }

  #rowOf(name: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const id = `serving-${this.#made++}`;
    const input = make('input', {
      attributes: { type: 'radio', name: 'serving', id, value: name, 'aria-describedby': `${id}-state ${id}-detail` },
    });
    const state = make('span', { class: 'state', attributes: { id: `${id}-state` } });
    const detail = make('span', { class: 'detail', attributes: { id: `${id}-detail` } });
    const progress = make('progress', { attributes: { max: '100', 'aria-label': `Progress of ${name}` } });
    const label = make('label', { class: 'name', text: name, attributes: { for: id } });
    const root = make('div', { class: 'serving' }, input, label, state, detail, progress);
    input.addEventListener('change', () => {
      history.replaceState(null, '', `#${encodeURIComponent(name)}`);
      this.#onChoice();
    });
    const row: Row = { root, input, state, detail, progress, label: '' };
    this.#rows.set(name, row);
    this.#list.append(root);
    return row;
  }

  #show(row: Row, serving: ServingStatus): void {
    const { label, tone } = describeState(serving);
    const { percent } = serving;
    row.root.dataset.tone = tone;
    setText(row.state, percent === null ? label : `${label} ${formatPercent(percent)}`);
    setText(row.detail, detailOf(serving));
    row.progress.hidden = !isLoading(serving);
    if (percent === null) row.progress.removeAttribute('value');
    else row.progress.value = percent;
    if (row.label !== label && row.label !== '') this.#announcer.say(`Serving ${serving.name}: ${label}.`);
    row.label = label;
  }
}

/** One line on what is going on, why it went wrong, or what it runs on. */
function detailOf(serving: ServingStatus): string {
  const { error, message, memory, state, model, name, replacement } = serving;
  if (error !== null) return `${error.message} ${error.remedy}`;
  if (state === 'unloaded' && memory === 'on-demand') return 'Loads with the first picture.';
  if (replacement !== null && replacement.state !== 'failed') {
    const percent = replacement.percent === null ? '' : ` ${formatPercent(replacement.percent)}`;
    return `A new version is on its way: ${describeState({ state: replacement.state, memory }).label}${percent}.`;
  }
  if (message !== null) return message;
  return [model === name ? '' : model, describeDevice(serving)].filter(Boolean).join(' · ');
}
