import { make } from '../dom.js';
import { type FilledIn, isFileType } from './build-request.js';
import type { ApiMedia, ApiOperation } from './openapi-types.js';

type RequestBody = NonNullable<ApiOperation['requestBody']>;

/** The part of a form that makes a body: its media type, and a file or a text. */
export class BodyFields {
  readonly element: HTMLElement;
  readonly #content: RequestBody['content'];
  readonly #type: HTMLSelectElement;
  readonly #example = make('select', { attributes: { name: 'example' } });
  readonly #text = make('textarea', { attributes: { name: 'body', rows: '6', spellcheck: 'false' } });
  readonly #files = make('input', { attributes: { name: 'files', type: 'file' } });
  readonly #labels: { readonly example: HTMLElement; readonly text: HTMLElement; readonly files: HTMLElement };

  constructor({ content, description }: RequestBody) {
    this.#content = content;
    const types = Object.keys(content);
    this.#type = make(
      'select',
      { attributes: { name: 'type' } },
      ...types.map((type) => make('option', { text: type, attributes: { value: type } })),
    );
    this.#labels = {
      example: make('label', {}, make('span', { text: 'Example' }), this.#example),
      text: make('label', {}, make('span', { text: 'Body' }), this.#text),
      files: make('label', {}, make('span', { text: 'File' }), this.#files),
    };
    const { example, text, files } = this.#labels;
    this.element = make(
      'fieldset',
      {},
      make('legend', { text: 'Body' }),
      ...(description === undefined ? [] : [make('p', { class: 'quiet', text: description })]),
      make('label', {}, make('span', { text: 'Content-Type' }), this.#type),
      example,
      text,
      files,
    );
    this.#type.addEventListener('change', () => this.#choose());
    this.#example.addEventListener('change', () => this.#fill());
    this.#choose();
  }

  get value(): Pick<FilledIn, 'type' | 'text' | 'files'> {
    return { type: this.#type.value, text: this.#text.value, files: [...(this.#files.files ?? [])] };
  }

  get #examples(): NonNullable<ApiMedia['examples']> {
    return this.#content[this.#type.value]?.examples ?? {};
  }

  #choose(): void {
    const isFile = isFileType(this.#type.value);
    const examples = Object.entries(this.#examples);
    this.#labels.files.hidden = !isFile;
    this.#labels.text.hidden = isFile;
    this.#labels.example.hidden = isFile || examples.length < 2;
    this.#files.multiple = this.#type.value === 'multipart/form-data';
    this.#example.replaceChildren(
      ...examples.map(([name, { summary }]) => make('option', { text: summary ?? name, attributes: { value: name } })),
    );
    this.#fill();
  }

  #fill(): void {
    const value = this.#examples[this.#example.value]?.value;
    this.#text.value =
      value === undefined || typeof value === 'string' ? (value ?? '') : JSON.stringify(value, null, 2);
  }
}
