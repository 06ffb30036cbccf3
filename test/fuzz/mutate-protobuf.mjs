import { edgeIntegers } from './mutate-bytes.mjs';

/** @import { Random } from './random.mjs' */

/**
 * A field of a message, by its bytes: `inner` where they can be read as fields again.
 * @typedef {{ no: number, wireType: number, value: Buffer, inner: Field[] | undefined }} Field
 */

const deepest = 12;

/**
 * @param {Buffer} bytes
 * @returns {Field[] | undefined} undefined where it is no message
 */
function fieldsOf(bytes, depth = 0) {
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = varintAt(bytes, at);
    if (tag === undefined || tag.value < 8) return undefined;
    const [no, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
    let [start, end] = [tag.end, tag.end];
    if (wireType === 0) end = varintAt(bytes, start)?.end ?? Number.NaN;
    else if (wireType === 1) end += 8;
    else if (wireType === 5) end += 4;
    else if (wireType === 2) {
      const length = varintAt(bytes, start);
      start = length?.end ?? start;
      end = start + (length?.value ?? Number.NaN);
    } else return undefined;
    if (!(end <= bytes.length)) return undefined;
    const value = bytes.subarray(start, end);
    const inner = wireType === 2 && value.length > 1 && depth < deepest ? fieldsOf(value, depth + 1) : undefined;
    fields.push({ no, wireType, value, inner });
    at = end;
  }
  return fields;
}

/** @param {Buffer} bytes @param {number} at */
function varintAt(bytes, at) {
  let value = 0;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 128) return { value, end: at + index + 1 };
  }
  return undefined;
}

/** @param {bigint} value from 0 to 2^64 - 1 */
function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** @param {readonly Field[]} fields @returns {Buffer} */
function written(fields) {
  return Buffer.concat(
    fields.flatMap(({ no, wireType, value, inner }) => {
      const body = inner === undefined ? value : written(inner);
      const tag = varint(BigInt(no) * 8n + BigInt(wireType));
      return wireType === 2 ? [tag, varint(BigInt(body.length)), body] : [tag, body];
    }),
  );
}

/** @param {readonly Field[]} fields @returns {Field[]} all, also those within */
function flat(fields) {
  return fields.flatMap((field) => [field, ...flat(field.inner ?? [])]);
}

/** @param {Field} field @param {Random} random @param {readonly Buffer[]} words @returns {Field} */
function changedField(field, random, words) {
  const { wireType, value } = field;
  const leaf = { ...field, inner: undefined };
  if (random.chance(0.1))
    return { ...field, no: random.pick([1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 20, 25, 99]) };
  if (random.chance(0.05)) return { ...leaf, wireType: random.below(8) };
  if (wireType === 0) {
    const integer = BigInt(random.pick(edgeIntegers));
    return { ...leaf, value: varint(random.chance(0.2) ? 2n ** 64n - 1n - integer : integer) };
  }
  if (wireType === 2) {
    const bytes = random.pick([
      () => random.pick(words),
      () => Buffer.alloc(random.pick([0, 1, 4, 4095, 4096, 4100, 16_380, 17_000]), value.length > 0 ? value : 7),
      () => Buffer.from(value).fill(random.below(256), random.below(value.length + 1)),
    ])();
    return { ...leaf, value: bytes };
  }
  return { ...leaf, value: Buffer.alloc(value.length, random.below(256)) };
}

/**
 * A field that holds itself, and so on, at the place of something that it held: graphs have nodes, and nodes graphs.
 * @param {Field} field @param {Random} random @returns {Field}
 */
function nested(field, random) {
  /** @type {{ no: number, inner: readonly Field[], at: number }[]} */
  const path = [];
  for (let from = field; from.inner !== undefined && from.inner.length > 0; ) {
    const at = random.below(from.inner.length);
    path.push({ no: from.no, inner: from.inner, at });
    from = /** @type {Field} */ (from.inner[at]);
    if (random.chance(0.2)) break;
  }
  let result = field;
  for (let depth = random.pick([2, 20, 101, 1000]); depth > 0; depth--) {
    for (const { no, inner, at } of path.toReversed()) {
      const value = written(inner.with(at, result));
      result = { no, wireType: 2, value, inner: undefined };
    }
    if (result.value.length > 100_000) break;
  }
  return result;
}

/** @param {readonly Field[]} fields @param {Random} random @param {readonly Buffer[]} words @param {readonly Field[]} others @returns {Field[]} */
function changed(fields, random, words, others) {
  const at = random.below(fields.length + 1);
  const field = fields[at];
  if (field?.inner !== undefined && random.chance(0.75)) {
    return fields.with(at, { ...field, inner: changed(field.inner, random, words, others) });
  }
  const from = others.length > 0 ? random.pick(others) : field;
  const copies = (/** @type {Field | undefined} */ of) => (of === undefined ? [] : Array(random.length(300)).fill(of));
  return random.pick([
    () => fields.toSpliced(at, 1),
    () => fields.toSpliced(at, 0, ...(field === undefined ? [] : [field])),
    () => fields.toSpliced(at, 0, ...copies(field)),
    () => fields.toSpliced(random.below(fields.length + 1), 0, ...(from === undefined ? [] : [from])),
    () => fields.toSpliced(at, 1, ...(from === undefined ? [] : [from])),
    () => (field === undefined ? [...fields] : fields.with(at, changedField(field, random, words))),
    () => (field === undefined ? [...fields] : fields.with(at, changedField(field, random, words))),
    () => (field === undefined || random.chance(0.8) ? fields.toReversed() : fields.with(at, nested(field, random))),
  ])();
}

/**
 * Changes a message of protobuf as a tree of fields, without its schema: what can be read as a message within is one.
 * @param {Buffer} bytes @param {readonly Buffer[]} words that may be texts in it @param {Buffer} other whose fields may be taken
 * @param {Random} random
 * @returns {Buffer | undefined} undefined where it is no message
 */
export function mutateProtobuf(bytes, words, other, random) {
  let fields = fieldsOf(bytes);
  if (fields === undefined) return undefined;
  const others = flat(fieldsOf(other) ?? []);
  for (let left = random.length(6); left > 0; left--) fields = changed(fields, random, words, others);
  return written(fields);
}
