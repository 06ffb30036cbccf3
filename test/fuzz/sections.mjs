import { mutateBytes } from './mutate-bytes.mjs';
import { mutateJson } from './mutate-json.mjs';

/** @import { Mutate } from './target.mjs' */

// Inputs that are made of several texts: a file and another one, headers and a body. Between them lies a line of its own,
// so that corpora can be read and written by people.

const separator = Buffer.from('\n=====\n');

/** @param {Buffer} bytes @param {number} most sections; the last one has the rest @returns {Buffer[]} */
export function sectionsOf(bytes, most) {
  const sections = [];
  let rest = bytes;
  for (let at = rest.indexOf(separator); at !== -1 && sections.length < most - 1; at = rest.indexOf(separator)) {
    sections.push(rest.subarray(0, at));
    rest = rest.subarray(at + separator.length);
  }
  return [...sections, rest];
}

/** @param {readonly Buffer[]} sections */
export function joinedSections(sections) {
  return Buffer.concat(sections.flatMap((section, index) => (index === 0 ? [section] : [separator, section])));
}

/**
 * Changes one section: where it is JSON mostly as a tree, else byte by byte.
 * @param {number} most sections @param {readonly string[]} words of the format
 * @returns {Mutate}
 */
export function mutateSections(most, words) {
  const dictionary = words.map((word) => Buffer.from(word));
  return (bytes, random, other) => {
    if (random.chance(0.05)) return mutateBytes(bytes, random, { dictionary, other });
    const sections = sectionsOf(bytes, most);
    const at = random.below(sections.length);
    const section = /** @type {Buffer} */ (sections[at]);
    if (random.chance(0.1)) return joinedSections(sections.with(at, sectionsOf(other(), most)[at] ?? Buffer.alloc(0)));
    const asJson = random.chance(0.8) ? mutateJson(section, words, random) : undefined;
    const tools = { dictionary, other: () => sectionsOf(other(), most)[at] ?? section };
    return joinedSections(sections.with(at, asJson ?? mutateBytes(section, random, tools)));
  };
}
