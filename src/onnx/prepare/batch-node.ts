import { shortened } from '../../errors/describe-value.js';
import type { NodeProto } from '../generated/onnx_pb.js';
import { type BatchValue, CannotWiden, type FixedValue, type ImagesValue, rankOf } from './batch-value.js';

/** A node that reads values which depend on the images, as the rules of widening see it. */
export class BatchNode {
  readonly node: NodeProto;
  /** null: left out. */
  readonly inputs: readonly (BatchValue | null)[];
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  /** Size of axis 0 that the file declares for the first output, or null. */
  readonly declaredRows: number | null;
  /** Integers that an input has to be replaced by, for the graph to take more images. */
  readonly replacements = new Map<number, readonly number[]>();

  constructor(node: NodeProto, inputs: readonly (BatchValue | null)[], opset: number, declaredRows: number | null) {
    this.node = node;
    this.inputs = inputs;
    this.opset = opset;
    this.declaredRows = declaredRows;
  }

  refuse(why: string): never {
    const { name, opType, output } = this.node;
    const shown = shortened(name === '' ? (output[0] ?? '') : name, 200);
    throw new CannotWiden(`${shortened(opType, 80)} "${shown}" ${why}`);
  }

  /** The input at `index`, which must depend on the images. */
  images(index: number): ImagesValue {
    const value = this.inputs[index];
    if (value?.kind !== 'images') this.refuse(`has an input ${index} that is the same for all images`);
    return value;
  }

  /** The input at `index`, which must not depend on the images; null where it is left out. */
  fixed(index: number): FixedValue | null {
    const value = this.inputs[index] ?? null;
    if (value?.kind === 'images') this.refuse(`has an input ${index} that differs from image to image`);
    return value;
  }

  /** The first input, the only one that may depend on the images. */
  onlyImages(): ImagesValue {
    for (let index = 1; index < this.inputs.length; index++) this.fixed(index);
    return this.images(0);
  }

  /** The integers of a constant input, or null where it is left out. */
  constant(index: number): readonly number[] | null {
    const value = this.fixed(index);
    if (value === null) return null;
    return value.ints ?? this.refuse('takes numbers that are computed');
  }

  int(name: string): number | undefined {
    const attribute = this.node.attribute.find((candidate) => candidate.name === name);
    return attribute === undefined ? undefined : Number(attribute.i);
  }

  ints(name: string): readonly number[] | undefined {
    return this.node.attribute.find((candidate) => candidate.name === name)?.ints.map(Number);
  }

  /** An axis counted from the front, which must not be the one of the images. */
  axisBehindImages(axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis;
    if (counted === 0) this.refuse('works across axis 0, which holds the images');
    if (counted < 0 || counted >= rank) this.refuse(`has an axis ${axis}, and its input ${rank} axes`);
    return counted;
  }

  /** {@link axisBehindImages} of several axes of the first input. */
  axesBehindImages(axes: readonly number[], rank = rankOf(this.images(0))): number[] {
    return axes.map((axis) => this.axisBehindImages(axis, rank));
  }
}
