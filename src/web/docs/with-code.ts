import { make } from '../dom.js';

/** A text with what stands between backticks as code; of Markdown there is no more in the descriptions. */
export function withCode(text: string): (Node | string)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? make('code', { text: part }) : part));
}
