/** Element type and layout of the tensor that one picture is written as. */
export interface TensorFormat {
  readonly dtype: 'uint8' | 'float32' | 'float16';
  readonly layout: 'NCHW' | 'NHWC';
}

/** Bytes of one element. */
export const bytesPerElement: Readonly<Record<TensorFormat['dtype'], number>> = {
  uint8: 1,
  float16: 2,
  float32: 4,
};
