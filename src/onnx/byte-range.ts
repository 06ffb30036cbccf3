/** Bytes of a file that stay there until they are copied into another one. */
export interface ByteRange {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** What a file is made of, in order. */
export type Segment = Uint8Array | ByteRange;

/** Sum of the lengths, in bytes. */
export function totalLength(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.length, 0);
}
