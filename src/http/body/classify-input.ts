import type { ClassifyParameters } from '../classify-schemas.js';

/** One image of a request. */
export interface InputImage {
  /** The bytes of the file. */
  readonly bytes: Buffer;
  /** Where it was in the request, for people: `inputs[2]`, or the name of a part. */
  readonly field: string;
}

/** What a body asks for. */
export interface ClassifyInput {
  /** At least one. */
  readonly images: readonly InputImage[];
  /** Whether the answer is a list of answers, in the order of the images. */
  readonly isList: boolean;
  /** Those that the body gives. */
  readonly parameters: ClassifyParameters;
}

/** Bounds of what a body may ask for. */
export interface InputLimits {
  readonly maxImages: number;
}
