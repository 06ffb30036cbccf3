import type { BatchNode } from './batch-node.js';
import { type ImagesValue, images, rankOf } from './batch-value.js';

/**
 * MatMul multiplies the last two axes and broadcasts those before. Axis 0 of the images must be a row of the left
 * operand or one of the axes before, and reach the result as its axis 0.
 */
export function matMul(node: BatchNode): ImagesValue {
  const [left, right] = node.inputs;
  for (let index = 2; index < node.inputs.length; index++) node.fixed(index);
  if (left?.kind === 'images' && right?.kind === 'images') return product(node, left, right);
  if (left?.kind === 'images') {
    const dims = node.fixed(1)?.dims ?? node.refuse('has a factor of unknown shape');
    if (left.rest.length === 0) return node.refuse('sums over axis 0, which holds the images');
    const aligned = dims.length <= 2 || dims.length < rankOf(left) || (dims.length === rankOf(left) && dims[0] === 1);
    if (!aligned) return node.refuse('broadcasts the images');
    if (dims.length === 1) return images(left.rows, left.rest.slice(0, -1));
    return images(left.rows, replaceLast(broadcast(left.rest, dims.length), dims.at(-1) ?? null));
  }
  const result = node.images(1);
  const dims = node.fixed(0)?.dims ?? node.refuse('has a factor of unknown shape');
  if (rankOf(result) < 3) return node.refuse('sums over axis 0, which holds the images');
  const aligned = dims.length < rankOf(result) || (dims.length === rankOf(result) && dims[0] === 1);
  if (!aligned) return node.refuse('broadcasts the images');
  if (dims.length === 1) return images(result.rows, [...result.rest.slice(0, -2), result.rest.at(-1) ?? null]);
  const before = broadcast(result.rest, dims.length).slice(0, -2);
  return images(result.rows, [...before, dims.at(-2) ?? null, result.rest.at(-1) ?? null]);
}

function product(node: BatchNode, left: ImagesValue, right: ImagesValue): ImagesValue {
  const rank = rankOf(left);
  if (rank < 3 || rankOf(right) !== rank) return node.refuse('sums over axis 0, which holds the images');
  if (left.rows !== right.rows) return node.refuse('joins values of different numbers of rows');
  return images(left.rows, replaceLast(broadcast(left.rest, rank), right.rest.at(-1) ?? null));
}

/** Sizes before the last two axes are not known where the other factor has such axes too. */
function broadcast(sizes: ImagesValue['rest'], otherRank: number): ImagesValue['rest'] {
  return otherRank <= 2 ? sizes : sizes.map((size, index) => (index < sizes.length - 2 ? null : size));
}

function replaceLast(sizes: ImagesValue['rest'], last: number | null): ImagesValue['rest'] {
  return [...sizes.slice(0, -1), last];
}

/** [N,K] by [K,M] plus a constant that is the same for every row. */
export function gemm(node: BatchNode): ImagesValue {
  const left = node.images(0);
  const weights = node.fixed(1);
  if (node.int('transA') === 1) return node.refuse('sums over axis 0, which holds the images');
  const columns = weights?.dims?.[node.int('transB') === 1 ? 0 : 1] ?? null;
  const added = node.inputs[2] ?? null;
  if (added?.kind === 'images' && (rankOf(added) !== 2 || added.rows !== left.rows)) {
    return node.refuse('joins values of different numbers of rows');
  }
  if (added?.kind === 'fixed' && (added.dims === null || (added.dims.length === 2 && added.dims[0] !== 1))) {
    return node.refuse('adds another constant to each image');
  }
  return images(left.rows, [columns]);
}
