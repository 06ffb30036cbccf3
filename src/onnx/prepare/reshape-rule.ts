import type { BatchNode } from './batch-node.js';
import { type ImagesValue, images, rankOf } from './batch-value.js';

type Sizes = readonly (number | null)[];

function product(sizes: Sizes): number | null {
  return sizes.reduce<number | null>((all, size) => (all === null || size === null ? null : all * size), 1);
}

/** Elements for one image, null where not known. */
function elements({ rows, rest }: ImagesValue): number | null {
  return typeof rows === 'number' ? product([rows, ...rest]) : null;
}

/**
 * A reshape keeps the order of elements in memory, where those of one image lie together before those of the next. So
 * with N images the result holds N results for one image joined along axis 0 exactly if its axes behind the first are
 * the same as with one image. The first one must come out N times as large: it does as -1, and as 0 (that of the
 * input) where that fits; another number is replaced, which needs every other size to be given.
 * Examples, all exported for one image: [1,768] -> [-1,768]; [1,-1] -> [0,-1]; [197,768] -> [-1,768].
 */
export function reshape(node: BatchNode): ImagesValue {
  const input = node.images(0);
  const target = node.constant(1) ?? node.refuse('has no shape');
  const [first, ...others] = target;
  if (first === undefined) return node.refuse('makes a number of all images');
  const zeroMeansZero = node.int('allowzero') === 1;
  if (zeroMeansZero && target.includes(0)) return node.refuse('makes an empty tensor');
  if (target.some((size, index) => size === 0 && index >= rankOf(input))) return node.refuse('copies a missing axis');
  // undefined: to be inferred
  const sizes = others.map((size, index) => {
    if (size === 0) return input.rest[index] ?? null;
    return size === -1 ? undefined : size;
  });
  const inferred = sizes.includes(undefined);
  const rest = (rows: number | symbol): Sizes => {
    const given = product([
      typeof rows === 'number' ? rows : null,
      ...sizes.map((size) => (size === undefined ? 1 : size)),
    ]);
    const all = elements(input);
    return sizes.map((size) => (size === undefined ? (all === null || given === null ? null : all / given) : size));
  };
  if (first === 0) return images(input.rows, rest(input.rows));
  if (first === -1) return images(inferredRows(node, input, product(rest(1))), rest(1));
  if (!inferred) {
    node.replacements.set(1, [-1, ...others]);
    return images(first, rest(first));
  }
  if (first === input.rows && !zeroMeansZero) {
    node.replacements.set(1, [0, ...others]);
    return images(first, rest(first));
  }
  return node.refuse(`to [${target.join(',')}] cannot be told apart into images`);
}

/** Size for one image of an axis 0 that is inferred. */
export function inferredRows(node: BatchNode, input: ImagesValue, perRow: number | null): number | symbol {
  const all = elements(input);
  if (all !== null && perRow !== null) return all / perRow;
  // what the file declares is the size for one image
  return node.declaredRows ?? Symbol(node.node.output[0]);
}

/** Everything before `axis` becomes axis 0, everything from there on axis 1: in memory, a reshape. */
export function flatten(node: BatchNode): ImagesValue {
  const input = node.images(0);
  const declared = node.int('axis') ?? 1;
  const axis = declared < 0 ? declared + rankOf(input) : declared;
  if (axis === 0) return node.refuse('joins all images into one row');
  const rest = product(input.rest.slice(axis - 1));
  if (axis === 1) return images(input.rows, [rest]);
  return images(inferredRows(node, input, rest), [rest]);
}
