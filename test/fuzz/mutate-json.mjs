import { edgeIntegers } from './mutate-bytes.mjs';

/** @import { Random } from './random.mjs' */

/**
 * A change of JSON as a tree. What it makes may be no JSON of a sensible kind, but it is JSON.
 * @typedef {(value: unknown, words: readonly string[], random: Random) => unknown} JsonMutation
 */

/** Names that objects inherit. */
const inherited = ['__proto__', 'constructor', 'toString', 'length'];
const odd = ['', ' ', '\0', '\uFEFF', '\uD800', '💩', '"', '\\', '../..', '1e999', '0x10', '-0', '٣'];

/**
 * @param {Random} random @param {readonly string[]} words of the format
 * @returns {unknown}
 */
function anyValue(random, words) {
  return random.pick([
    () => null,
    () => random.chance(0.5),
    () => random.pick(edgeIntegers) * random.pick([1, 1, -1, 0.5]),
    () => random.pick([1e308, -1e308, 5e-324, 0.1, 1 / 255, -0]),
    () => random.pick([...words, ...odd, ...inherited]),
    () => random.pick(words).repeat(random.length(40)),
    () => Array.from({ length: random.below(4) }, () => anyValue(random, words)),
    () => Object.fromEntries([[random.pick([...words, ...inherited]), anyValue(random, words)]]),
  ])();
}

/** @type {JsonMutation} */
function changedValue(value, words, random) {
  if (Array.isArray(value)) return changedList(value, words, random);
  if (typeof value === 'object' && value !== null) return changedObject(value, words, random);
  if (typeof value === 'number' && random.chance(0.5)) {
    return random.pick([value + 1, value - 1, -value, value * 2, value / 3, Math.round(value), String(value)]);
  }
  if (typeof value === 'string' && value !== '' && random.chance(0.5)) {
    const at = random.below(value.length);
    return value.slice(0, at) + random.pick(['', ...words, ...odd]) + value.slice(at + random.below(2));
  }
  return anyValue(random, words);
}

/** @param {readonly unknown[]} list @param {readonly string[]} words @param {Random} random @returns {unknown} */
function changedList(list, words, random) {
  const at = random.below(list.length + 1);
  const entry = list.length === 0 ? anyValue(random, words) : random.pick(list);
  return random.pick([
    () => list.toSpliced(at, 1),
    () => list.toSpliced(at, random.below(2), anyValue(random, words)),
    () => list.toSpliced(at, 0, ...Array(random.length(200)).fill(entry)),
    () => entry,
    () => [list],
    () => list.toReversed(),
  ])();
}

/** @param {object} object @param {readonly string[]} words @param {Random} random @returns {unknown} */
function changedObject(object, words, random) {
  const entries = Object.entries(object);
  const at = random.below(entries.length + 1);
  const name = random.pick([...words, ...inherited, String(random.pick(edgeIntegers))]);
  const [, value] = entries[at] ?? ['', anyValue(random, words)];
  return random.pick([
    () => Object.fromEntries(entries.toSpliced(at, 1)),
    () => Object.fromEntries([...entries, [name, anyValue(random, words)]]),
    () => Object.fromEntries([...entries, [name, value]]),
    () => Object.fromEntries(entries.toSpliced(at, 1, [name, value])),
    () =>
      Object.fromEntries([...entries, ...Array.from({ length: random.length(200) }, (_, i) => [`${name}${i}`, value])]),
    () => value,
    () => entries,
  ])();
}

/** @type {JsonMutation} */
function changedSomewhere(value, words, random) {
  const isParent = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!isParent || random.chance(0.3)) return changedValue(value, words, random);
  if (Array.isArray(value)) {
    const at = random.below(value.length);
    return value.with(at, changedSomewhere(value[at], words, random));
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length);
  const [key, inner] = /** @type {[string, unknown]} */ (entries[at]);
  return Object.fromEntries(entries.with(at, [key, changedSomewhere(inner, words, random)]));
}

/** So deep that whoever goes down into it step by step runs out of stack. @param {string} text @param {Random} random */
function deepened(text, random) {
  const depth = random.pick([100, 1000, 7500]);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  const deep = `${open.repeat(depth)}0${close.repeat(depth)}`;
  const place = random.pick([undefined, ...text.matchAll(/\d+|true|false|null|"[^"\\]*"(?!:)/g)]);
  return place === undefined ? deep : text.slice(0, place.index) + deep + text.slice(place.index + place[0].length);
}

/**
 * Changes a text of JSON as a tree.
 * @param {Buffer} bytes @param {readonly string[]} words of the format, at least one @param {Random} random
 * @returns {Buffer | undefined} undefined where it is none
 */
export function mutateJson(bytes, words, random) {
  try {
    let value = JSON.parse(bytes.toString('utf8'));
    for (let left = random.length(6); left > 0; left--) value = changedSomewhere(value, words, random);
    const text = JSON.stringify(value) ?? 'null';
    return Buffer.from(random.chance(0.03) ? deepened(text, random) : text);
  } catch {
    // No JSON, or too deep for these functions.
    return undefined;
  }
}
