/** The element of the page with this id, which must be of this class. */
export function byId<E extends HTMLElement>(id: string, type: abstract new () => E): E {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`The page has no ${type.name} "${id}".`);
}

/** What {@link make} gives an element. */
export interface MakeOptions {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Makes an element with attributes and children. Texts are never taken for markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: MakeOptions = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  for (const [name, value] of Object.entries(options.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A button that does no more than it is told. */
export function makeButton(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const button = make('button', { class: className, text, attributes: { type: 'button' } });
  button.addEventListener('click', onClick);
  return button;
}

/** Sets a text only where it is another one: a live region would be read again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
