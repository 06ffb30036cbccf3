/**
 * The boundary between TypeScript and the addon: this file alone describes what `hornet.node` exports
 * (see native/addon/init.cpp; its GPU part is in tensorrt-types.ts), and only load-addon.ts requires it.
 */

import type { GpuAddon } from './tensorrt-types.js';

/** What to do with one picture, fully resolved: sizes in pixels, no defaults left. */
export interface NativePreprocessPlan {
  /** Size of the source picture, RGB u8, row-major, HxWx3. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** Size to resize to; equal to the source size where nothing is resized. */
  readonly resizeWidth: number;
  readonly resizeHeight: number;
  /** Pillow's code: 0 nearest, 1 lanczos, 2 bilinear, 3 bicubic, 4 box, 5 hamming. */
  readonly filter: number;
  /** Size of the output; where it differs from the resized size: centre crop, or zero padding, per axis. */
  readonly cropWidth: number;
  readonly cropHeight: number;
  /** Write B, G, R instead of R, G, B. */
  readonly flipChannels: boolean;
  /** True: planes (NCHW); false: interleaved (NHWC). */
  readonly planar: boolean;
  /**
   * Output values by source channel and u8 value (channel * 256 + value), 768 entries: Float32Array for
   * float32, Uint16Array holding the bits for float16, null to write the u8 values themselves.
   */
  readonly table: Float32Array | Uint16Array | null;
}

/** Exports of `hornet.node`. */
export interface Addon extends GpuAddon {
  /** Version of the package that the addon was built from. */
  readonly version: string;
  /** Every code that the addon's errors may carry; each is in the error registry. */
  readonly errorCodes: readonly string[];
  /** Whether the processor has instructions for SHA-256; without them Node's own hash is the faster one. */
  readonly hashesFast: boolean;
  /**
   * sha256 of a file in lower-case hexadecimal digits, on a thread of the libuv pool.
   * @throws (rejects) ERR_INTERNAL when it cannot be read; ERR_NATIVE_ARGUMENT
   */
  hashFile(path: string): Promise<string>;
  /** Ends the process, now: no thread is waited for, nothing is flushed. */
  exitNow(code: number): void;
  /** Gives memory that was freed back to the system, on a thread of the libuv pool. Never rejects. */
  trimMemory(): Promise<void>;
  /**
   * Detaches the ArrayBuffer that `bytes` covers, so that its memory is free now and not after a garbage collection.
   * @returns false where that cannot be, and nothing happened: part of a buffer, a shared one, an empty or detached one
   */
  releaseBytes(bytes: Uint8Array): boolean;
  /**
   * Resizes, crops, pads, maps through the table and writes one picture, on a thread of the libuv pool.
   * @param source sourceWidth * sourceHeight * 3 bytes; must not be changed, transferred or detached before the
   *   promise settles, and neither must the target
   * @param target exactly the bytes of one output picture, a view into the caller's (possibly shared) buffer
   * @throws (rejects) ERR_NATIVE_ARGUMENT when sizes do not fit each other, an argument is of another type, or a
   *   buffer is detached or resizable; ERR_IMAGE_SHAPE_EXTREME when resizing needs more than 1 GiB; ERR_INTERNAL
   *   when memory runs out
   */
  preprocess(source: Uint8Array, plan: NativePreprocessPlan, target: Uint8Array): Promise<void>;
}
