// Apart from decode-image.ts, so that reading them does not load sharp.

/** 32 MiB. */
export const defaultMaxBytes = 32 * 1024 * 1024;
/** Where Pillow refuses a picture as a decompression bomb: 2 * 89,478,485. */
export const defaultMaxPixels = 178_956_970;
/** 10 s. */
export const defaultDecodeTimeoutMs = 10_000;
