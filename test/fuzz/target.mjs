/** @import { Random } from './random.mjs' */

/**
 * Makes another input of one; `other` gives a further one of the corpus.
 * @typedef {(bytes: Buffer, random: Random, other: () => Buffer) => Buffer} Mutate
 */

/**
 * Something that reads what others have written.
 * @typedef {object} Target
 * @property {string} reads what is read, for people
 * @property {readonly string[]} covers files or folders of dist/ whose code is the aim; they end in `.js` or `/`
 * @property {number} maxBytes of an input
 * @property {number} workPerByte most functions and blocks entered for each byte of an input, beside `work`: what takes
 *   more than its share of time for its length is a way to keep a process busy
 * @property {number} work most functions and blocks entered for an input of no length
 * @property {number} mostMemory bytes that may be allocated for an input, beside 1000 for each of its bytes
 * @property {Mutate} mutate
 * @property {(bytes: Buffer, folder: string) => string | Promise<string>} invariant `folder` is its own, to write into; throws where what must hold for any input does not;
 *   says in a few words what became of the input: words that were not heard before make it worth keeping
 */

const dist = new URL('../../dist/', import.meta.url).href;

/** Whether a module is one of those that a target is about. @param {Pick<Target, 'covers'>} target @param {string} url */
export function isCovered({ covers }, url) {
  if (!url.startsWith(dist)) return false;
  const path = url.slice(dist.length);
  return covers.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}
