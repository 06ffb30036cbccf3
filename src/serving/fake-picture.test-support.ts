import type { ImageProcessor } from '../image/image-processor.js';
import type { RgbImage } from '../image/rgb-image.js';
import { ByteBudget } from './byte-budget.js';
import { FairSemaphore } from './fair-semaphore.js';
import { type DecodedImage, ImageStage, type ImageStageOptions } from './image-stage.js';
import { ManualClock } from './manual-clock.test-support.js';

/** Makes 64 x 64 px of any picture. */
export const processor: ImageProcessor = {
  className: 'ViTImageProcessor',
  resize: { kind: 'exact', width: 64, height: 64 },
  filter: 'bilinear',
  crop: null,
  table: new Float32Array(768),
  flipChannels: false,
};

/** A picture that takes as much memory, and as long to decode, as a test says. */
export class FakePicture {
  readonly bytes = new Uint8Array(1);
  readonly memoryBytes: number;
  readonly reason = new Error('the client has gone');
  readonly #abort = new AbortController();
  readonly #pixels: RgbImage = { data: new Uint8Array(3), width: 1, height: 1 };
  #settle: { resolve: (image: RgbImage) => void; reject: (error: unknown) => void } | undefined;
  wasOpened = false;
  isDecoding = false;
  wasDecoded = false;
  decoded: DecodedImage | undefined;
  error: unknown;
  isReleased = false;

  constructor(memoryBytes = 1) {
    this.memoryBytes = memoryBytes;
  }

  enter(stage: ImageStage): this {
    stage.decode(this.bytes, processor, this.#abort.signal).then(
      (decoded) => {
        this.decoded = decoded;
      },
      (error: unknown) => {
        this.error = error;
      },
    );
    return this;
  }

  decode(): Promise<RgbImage> {
    this.isDecoding = true;
    this.wasDecoded = true;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** Decoding ends, well or not. */
  finish(error?: unknown): void {
    this.isDecoding = false;
    if (error === undefined) this.#settle?.resolve(this.#pixels);
    else this.#settle?.reject(error);
  }

  cancel(): void {
    this.#abort.abort(this.reason);
  }

  release(): void {
    this.isReleased = true;
    this.decoded?.release();
  }

  get isWaiting(): boolean {
    return !this.wasDecoded && this.error === undefined;
  }

  /** Whether it takes a decoder and memory. */
  get isInside(): boolean {
    return this.isDecoding || (this.decoded !== undefined && !this.isReleased);
  }
}

/** Opens the fake picture that the bytes belong to. */
export function openAmong(pictures: readonly FakePicture[]): NonNullable<ImageStageOptions['open']> {
  return async (bytes) => {
    const found = pictures.find((one) => one.bytes === bytes);
    if (found === undefined) throw new Error('not a picture of this test');
    found.wasOpened = true;
    return { memoryBytes: found.memoryBytes, decode: () => found.decode() };
  };
}

/** Two decoders, which may both decode, and 100 bytes, unless a test says otherwise. */
export function createStage(options: Partial<ImageStageOptions> = {}): ImageStage {
  return new ImageStage({
    budget: new ByteBudget(100),
    turns: new FairSemaphore(options.decoders ?? 2),
    clock: new ManualClock(),
    decoders: 2,
    maxBytes: 1e6,
    maxPixels: 1e6,
    mode: 'exact',
    ...options,
  });
}
