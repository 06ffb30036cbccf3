/** How a centre crop meets one axis of the resized picture, in pixels. */
export interface AxisWindow {
  /** First pixel of the resized picture that is kept. */
  readonly first: number;
  /** How many pixels of it are kept. */
  readonly count: number;
  /** Zeros in front of them; those behind fill up to the crop size. */
  readonly padBefore: number;
}

/**
 * Centre crop of `size` pixels to `cropSize`: offset floor((size - cropSize) / 2); a smaller picture is zero
 * padded, ceil(missing / 2) of it in front.
 * @see https://github.com/huggingface/transformers/blob/main/src/transformers/image_transforms.py (center_crop)
 */
export function centreWindow(size: number, cropSize: number): AxisWindow {
  return size >= cropSize
    ? { first: Math.floor((size - cropSize) / 2), count: cropSize, padBefore: 0 }
    : { first: 0, count: size, padBefore: Math.ceil((cropSize - size) / 2) };
}
