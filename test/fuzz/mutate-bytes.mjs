/** @import { Random } from './random.mjs' */

const edges = [
  0, 1, 2, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 4095, 4096, 16_383, 16_384, 32_767,
];
/** Where integers of programs and formats end or change their length. */
export const edgeIntegers = [
  ...edges,
  65_535,
  65_536,
  1_000_000,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
];

/**
 * Each makes another input of one.
 * @typedef {(bytes: Buffer, random: Random, tools: { dictionary: readonly Buffer[], other: () => Buffer }) => Buffer} ByteMutation
 */

/** @type {ByteMutation[]} */
const mutations = [
  // A bit.
  (bytes, random) => {
    const at = random.below(bytes.length);
    return replaced(bytes, at, at + 1, Buffer.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
  },
  // A byte.
  (bytes, random) => {
    const at = random.below(bytes.length);
    return replaced(bytes, at, at + 1, Buffer.of(random.below(256)));
  },
  // An integer of an odd size, in either order of bytes.
  (bytes, random) => {
    const width = random.pick([1, 2, 4, 8]);
    const value = Buffer.alloc(8);
    value.writeBigUInt64LE(BigInt(random.pick(edgeIntegers)) & 0xffff_ffff_ffff_ffffn);
    const integer = value.subarray(0, width);
    if (random.chance(0.5)) integer.reverse();
    const at = random.below(bytes.length);
    return replaced(bytes, at, at + (random.chance(0.7) ? width : 0), integer);
  },
  // A number in digits becomes another one.
  (bytes, random) => {
    const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
    const found = numbers.length === 0 ? undefined : random.pick(numbers);
    if (found === undefined) return bytes;
    return replaced(bytes, found.index, found.index + found[0].length, Buffer.from(String(random.pick(edgeIntegers))));
  },
  // A piece is left out, repeated, or moved.
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    return replaced(bytes, start, end, Buffer.alloc(0));
  },
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    const copies = Array.from({ length: random.length(64) }, () => bytes.subarray(start, end));
    return replaced(bytes, end, end, Buffer.concat(copies));
  },
  (bytes, random) => {
    const [start, end] = piece(bytes, random);
    const at = random.below(bytes.length + 1);
    return replaced(bytes, at, at, bytes.subarray(start, end));
  },
  // The rest is left out.
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  // A word that the format knows.
  (bytes, random, { dictionary }) => {
    if (dictionary.length === 0) return bytes;
    const at = random.below(bytes.length + 1);
    const word = random.pick(dictionary);
    return replaced(bytes, at, at + (random.chance(0.5) ? word.length : 0), word);
  },
  // A piece of another input, or its end.
  (bytes, random, { other }) => {
    const from = other();
    const [start, end] = piece(from, random);
    const at = random.below(bytes.length + 1);
    return replaced(bytes, at, at + (random.chance(0.5) ? end - start : 0), from.subarray(start, end));
  },
  (bytes, random, { other }) => {
    const from = other();
    return Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      from.subarray(random.below(from.length + 1)),
    ]);
  },
];

/**
 * One to a few changes that know nothing of the format.
 * @type {ByteMutation}
 */
export function mutateBytes(bytes, random, tools) {
  let mutated = bytes;
  for (let left = random.length(8); left > 0; left--) mutated = random.pick(mutations)(mutated, random, tools);
  return mutated;
}

/** @param {Buffer} bytes @param {number} start @param {number} end @param {Uint8Array} by */
function replaced(bytes, start, end, by) {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

/** @param {Buffer} bytes @param {Random} random @returns {[number, number]} */
function piece(bytes, random) {
  const start = random.below(bytes.length + 1);
  return [start, Math.min(bytes.length, start + random.length(Math.max(1, bytes.length)))];
}
