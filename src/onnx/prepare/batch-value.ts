/**
 * How a value of a graph depends on the number of images, for a graph that was exported for one image.
 *
 * `images` is the claim that the proof rests on: with N images the value is what N runs with one image each would
 * give, joined along axis 0. A rule of an operator may only return it if that follows from its inputs being so.
 */
export type BatchValue = FixedValue | ImagesValue;

/** The same whatever the images are. */
export interface FixedValue {
  readonly kind: 'fixed';
  /** null: not known. */
  readonly dims: readonly number[] | null;
  /** Elements of a small tensor of integers, flat; null: not known. */
  readonly ints: readonly number[] | null;
  /** First element, of a small tensor of floats too; null: not known. */
  readonly first: number | null;
}

export interface ImagesValue {
  readonly kind: 'images';
  /** Size of axis 0 for one image; a symbol where it is not known, the same one for sizes that are equal. */
  readonly rows: number | symbol;
  /** Sizes of the axes behind the first, null where not known; rank is one more than its length. */
  readonly rest: readonly (number | null)[];
}

export const unknownFixed: FixedValue = { kind: 'fixed', dims: null, ints: null, first: null };

export function images(rows: ImagesValue['rows'], rest: ImagesValue['rest']): ImagesValue {
  return { kind: 'images', rows, rest };
}

export function rankOf({ rest }: ImagesValue): number {
  return rest.length + 1;
}

/** Thrown by a rule: the sentence why the graph cannot be widened. */
export class CannotWiden extends Error {}
