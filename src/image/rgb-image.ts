/** A decoded picture: u8 RGB, row-major, height x width x 3, no padding between rows. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
