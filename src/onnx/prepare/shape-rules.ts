import type { BatchNode } from './batch-node.js';
import { type ImagesValue, images, rankOf } from './batch-value.js';

/**
 * Operators that broadcast their inputs and work on each element: the images must be at the front of the result in
 * every input that has them, and no constant may differ from image to image.
 */
export function elementwise(node: BatchNode): ImagesValue {
  const values = node.inputs.filter((value) => value !== null);
  const ranks = values.map((value) =>
    value.kind === 'images' ? rankOf(value) : (value.dims?.length ?? node.refuse('takes a constant of unknown shape')),
  );
  const rank = Math.max(...ranks);
  const withImages = values.filter((value) => value.kind === 'images');
  const [first] = withImages;
  if (first === undefined) return node.images(0);
  for (const value of withImages) {
    if (rankOf(value) !== rank) return node.refuse('broadcasts the images to more axes');
    if (value.rows !== first.rows) return node.refuse('joins values of different numbers of rows');
  }
  for (const value of values) {
    if (value.kind === 'fixed' && value.dims?.length === rank && value.dims[0] !== 1) {
      return node.refuse('takes a constant with a size other than 1 along axis 0, which holds the images');
    }
  }
  const rest = first.rest.map((_, index) => {
    // counted from the end, as broadcasting does
    const sizes = values.map((value) => {
      const dims = value.kind === 'images' ? value.rest : (value.dims ?? []);
      return dims.length < first.rest.length - index ? 1 : (dims.at(index - first.rest.length) ?? null);
    });
    if (sizes.includes(null)) return null;
    return Math.max(...sizes.map(Number));
  });
  return images(first.rows, rest);
}

/** The axes as an attribute, or as an input in newer operator sets. */
function axesOf(node: BatchNode, input: number): readonly number[] | undefined {
  return node.ints('axes') ?? node.constant(input) ?? undefined;
}

/** ReduceMean and its kin, ArgMax. */
export function reduce(node: BatchNode): ImagesValue {
  const input = node.onlyImages();
  const byIndex = node.node.opType.startsWith('Arg');
  const declared = byIndex ? [node.int('axis') ?? 0] : axesOf(node, 1);
  if (declared === undefined || declared.length === 0) {
    if (node.int('noop_with_empty_axes') === 1) return input;
    return node.refuse('works across all axes, the images among them');
  }
  const axes = node.axesBehindImages(declared);
  if (node.int('keepdims') === 0)
    return images(
      input.rows,
      input.rest.filter((_, index) => !axes.includes(index + 1)),
    );
  return images(
    input.rows,
    input.rest.map((size, index) => (axes.includes(index + 1) ? 1 : size)),
  );
}

function transpose(node: BatchNode): ImagesValue {
  const { rows, rest } = node.images(0);
  const perm = node.ints('perm');
  if (perm?.[0] !== 0) return node.refuse('moves axis 0, which holds the images');
  return images(
    rows,
    perm.slice(1).map((axis) => rest[axis - 1] ?? null),
  );
}

function squeeze(node: BatchNode): ImagesValue {
  const { rows, rest } = node.images(0);
  const declared = axesOf(node, 1) ?? node.refuse('removes axis 0, which holds the images');
  const axes = node.axesBehindImages(declared);
  return images(
    rows,
    rest.filter((_, index) => !axes.includes(index + 1)),
  );
}

function unsqueeze(node: BatchNode): ImagesValue {
  const { rows, rest } = node.images(0);
  const declared = axesOf(node, 1) ?? node.refuse('names no axes');
  const rank = rest.length + 1 + declared.length;
  const axes = node.axesBehindImages(declared, rank);
  const sizes = [...rest];
  return images(
    rows,
    Array.from({ length: rank - 1 }, (_, index) => (axes.includes(index + 1) ? 1 : (sizes.shift() ?? null))),
  );
}

function concat(node: BatchNode): ImagesValue {
  const values = node.inputs.map((_, index) => node.images(index));
  const [first] = values;
  if (first === undefined) return node.refuse('joins nothing');
  const axis = node.axisBehindImages(node.int('axis') ?? 1, rankOf(first));
  if (values.some(({ rows }) => rows !== first.rows)) return node.refuse('joins values of different numbers of rows');
  const along = values.map(({ rest }) => rest[axis - 1] ?? null);
  const sum = along.reduce<number | null>((all, size) => (all === null || size === null ? null : all + size), 0);
  return images(
    first.rows,
    first.rest.map((size, index) => (index === axis - 1 ? sum : size)),
  );
}

function split(node: BatchNode): ImagesValue {
  const { rows, rest } = node.onlyImages();
  const axis = node.axisBehindImages(node.int('axis') ?? 0, rest.length + 1);
  return images(
    rows,
    rest.map((size, index) => (index === axis - 1 ? null : size)),
  );
}

function slice(node: BatchNode): ImagesValue {
  const { rows, rest } = node.onlyImages();
  const axes = node.axesBehindImages(axesOf(node, 3) ?? [0]);
  return images(
    rows,
    rest.map((size, index) => (axes.includes(index + 1) ? null : size)),
  );
}

/** Picks along an axis of the images, by the same indices for each. */
function gather(node: BatchNode): ImagesValue {
  const { rows, rest } = node.onlyImages();
  const axis = node.axisBehindImages(node.int('axis') ?? 0, rest.length + 1);
  const dims = node.fixed(1)?.dims ?? node.refuse('takes indices of unknown shape');
  return images(rows, [...rest.slice(0, axis - 1), ...dims, ...rest.slice(axis)]);
}

function pad(node: BatchNode): ImagesValue {
  const { rows, rest } = node.onlyImages();
  const pads = node.ints('pads') ?? node.constant(1) ?? node.refuse('names no sizes');
  const axes = node.constant(3);
  if (axes !== null) node.axesBehindImages(axes);
  else if (pads[0] !== 0 || pads[pads.length / 2] !== 0) return node.refuse('pads axis 0, which holds the images');
  return images(
    rows,
    rest.map(() => null),
  );
}

/** By scales, the first of which must be 1; sizes name the number of images. */
function resize(node: BatchNode): ImagesValue {
  const { rows, rest } = node.onlyImages();
  const scales = node.inputs[node.node.opType === 'Upsample' || node.opset < 11 ? 1 : 2];
  const attribute = node.node.attribute.find(({ name }) => name === 'scales')?.floats[0];
  const first = attribute ?? (scales?.kind === 'fixed' ? scales.first : null);
  if (node.ints('axes') !== undefined || first !== 1 || (node.inputs[3] ?? null) !== null) {
    return node.refuse('names the number of images in its sizes');
  }
  return images(
    rows,
    rest.map(() => null),
  );
}

/** Rules of the operators that rearrange a tensor. */
export const shapeRules: readonly [string, (node: BatchNode) => ImagesValue][] = [
  ['Concat', concat],
  ['Gather', gather],
  ['Pad', pad],
  ['Resize', resize],
  ['Slice', slice],
  ['Split', split],
  ['Squeeze', squeeze],
  ['Transpose', transpose],
  ['Unsqueeze', unsqueeze],
  ['Upsample', resize],
];
