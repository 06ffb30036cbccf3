import { byId, make, setText } from '../dom.js';
import { TokenStore } from '../token-store.js';
import type { ApiDocument } from './openapi-types.js';
import { operationCard } from './operation-card.js';
import { readOperations } from './read-operations.js';
import { withCode } from './with-code.js';

const base = new URL('.', document.baseURI).href;
const state = byId('state', HTMLElement);

// The same tab has the same token on the page for people.
const store = new TokenStore();
const input = byId('token', HTMLInputElement);
input.value = store.token ?? '';
input.addEventListener('input', () => {
  store.token = input.value.trim() || null;
});
byId('token-form', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());

try {
  const response = await fetch(`${base}openapi.json`);
  if (!response.ok) throw new Error(`it answered ${response.status}`);
  show((await response.json()) as ApiDocument);
} catch (error) {
  setText(state, `The server did not say what it can do: ${error instanceof Error ? error.message : String(error)}.`);
}

function show(api: ApiDocument): void {
  setText(byId('version', HTMLElement), api.info.version);
  const paragraphs = (api.info.description ?? '').split('\n\n');
  byId('intro', HTMLElement).append(...paragraphs.map((text) => make('p', {}, ...withCode(text))));
  const token = (): string | null => store.token;
  byId('groups', HTMLElement).append(
    ...readOperations(api).map(({ name, description, operations }) =>
      make(
        'section',
        { attributes: { 'aria-labelledby': `group-${name}` } },
        make('h2', { text: name, attributes: { id: `group-${name}` } }),
        make('p', { class: 'quiet', text: description }),
        ...operations.map((operation) => operationCard(operation, { base, token })),
      ),
    ),
  );
  state.hidden = true;
  // Somebody has sent a link to an operation.
  const target = location.hash === '' ? null : document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}
