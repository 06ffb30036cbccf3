/** One thing that stands in the way of the GPU. */
export interface Finding {
  readonly subject: 'addon' | 'driver' | 'device' | 'tensorrt';
  /** What is missing, a sentence. */
  readonly problem: string;
  /** What to do about it, a sentence or two. */
  readonly remedy: string;
}
