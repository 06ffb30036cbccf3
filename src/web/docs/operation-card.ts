import { make, makeButton, setText } from '../dom.js';
import { AnswerView } from './answer-view.js';
import { BodyFields } from './body-fields.js';
import { buildRequest } from './build-request.js';
import type { ApiParameter } from './openapi-types.js';
import type { ReadOperation } from './read-operations.js';
import { withCode } from './with-code.js';

/** What the cards share. */
export interface CardContext {
  /** Address of the server, ending in a slash. */
  readonly base: string;
  readonly token: () => string | null;
}

/** One operation: what it does, a form to send it with, and what came back. Its inside is made when it is opened. */
export function operationCard(read: ReadOperation, context: CardContext): HTMLElement {
  const { method, path, operation } = read;
  const card = make(
    'details',
    { class: 'operation', attributes: { id: operation.operationId } },
    make(
      'summary',
      {},
      make('span', { class: 'method', text: method, attributes: { 'data-method': method } }),
      make('code', { class: 'path', text: path }),
      make('span', { class: 'summary', text: operation.summary }),
    ),
  );
  card.addEventListener('toggle', () => {
    if (card.open && card.childElementCount === 1) card.append(inside(read, context));
  });
  return card;
}

function inside(read: ReadOperation, context: CardContext): HTMLElement {
  const { operation } = read;
  const inputs = new Map((operation.parameters ?? []).map((parameter) => [parameter, parameterInput(parameter)]));
  const body = operation.requestBody === undefined ? undefined : new BodyFields(operation.requestBody);
  const answer = new AnswerView();
  const problem = make('p', { class: 'problem', attributes: { role: 'alert' } });
  const form = make('form', { class: 'try' });
  for (const [{ name, in: place, description, required }, input] of inputs) {
    const hint = [place, required === true ? 'required' : '', description ?? ''].filter(Boolean).join(' · ');
    form.append(make('label', {}, make('span', { text: name }), input, make('span', { class: 'quiet', text: hint })));
  }
  if (body !== undefined) form.append(body.element);
  const stop = makeButton('Stop', 'button', () => answer.stop());
  stop.hidden = true;
  form.append(
    make('div', { class: 'actions' }, make('button', { class: 'button primary', text: 'Send' }), stop),
    problem,
    answer.element,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    setText(problem, '');
    try {
      const request = buildRequest(
        read,
        {
          parameters: new Map(
            [...inputs].map(([{ in: place, name }, input]) => [`${place} ${name}`, input.value.trim()]),
          ),
          ...(body?.value ?? { type: null, text: '', files: [] }),
          token: context.token(),
        },
        context.base,
      );
      stop.hidden = false;
      void answer.show(request).finally(() => {
        stop.hidden = true;
      });
    } catch (error) {
      setText(problem, error instanceof Error ? error.message : String(error));
    }
  });
  const more = make('div', { class: 'inside' });
  if (operation.description !== undefined) more.append(make('p', {}, ...withCode(operation.description)));
  if (operation.security !== undefined) more.append(make('p', { class: 'quiet', text: 'Wants a token.' }));
  more.append(form, answerList(read));
  return more;
}

function parameterInput({ name, required, schema }: ApiParameter): HTMLInputElement | HTMLSelectElement {
  if (schema.enum !== undefined) {
    const options = ['', ...schema.enum].map((value) => make('option', { text: value, attributes: { value } }));
    return make('select', { attributes: { name } }, ...options);
  }
  const isNumber = schema.type === 'integer' || schema.type === 'number';
  const input = make('input', {
    attributes: {
      name,
      type: 'text',
      autocomplete: 'off',
      spellcheck: 'false',
      ...(isNumber ? { inputmode: 'numeric' } : {}),
      ...(schema.default === undefined ? {} : { placeholder: String(schema.default) }),
    },
  });
  // What must be there is filled in with what works for the sample.
  if (required === true) input.value = String(schema.example ?? schema.const ?? '');
  return input;
}

/** What may come back, and of which form. */
function answerList({ operation }: ReadOperation): HTMLElement {
  const list = make('dl', { class: 'answers-known' });
  for (const [status, { description, content = {} }] of Object.entries(operation.responses)) {
    const told = make('dd', {}, make('p', {}, ...withCode(description)));
    for (const [type, { schema }] of Object.entries(content)) {
      // All errors are alike.
      if (Number(status) >= 400 && type === 'application/json') continue;
      const shown = make('pre', { text: JSON.stringify(schema, null, 2), attributes: { tabindex: '0' } });
      told.append(make('details', {}, make('summary', { text: type }), shown));
    }
    list.append(make('dt', { text: status }), told);
  }
  return make('details', { class: 'known' }, make('summary', { text: 'Answers' }), list);
}
