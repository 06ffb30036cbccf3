import { openImage } from '../image/decode-image.js';
import type { ImageProcessor } from '../image/image-processor.js';
import { targetEdgeOf } from '../image/preprocess-plan.js';
import type { RgbImage } from '../image/rgb-image.js';
import { releaseBytes } from '../native/release-bytes.js';
import { abortable } from './abortable.js';
import { ByteBudget } from './byte-budget.js';
import type { Clock } from './clock.js';
import { FairSemaphore } from './fair-semaphore.js';
import type { Span } from './serving-events.js';

/** When a stage of one image began and how long it took, by the clock of the stage. */
export type StageSpan = Pick<Span, 'stage' | 'startMs' | 'durationMs'>;

/** How an {@link ImageStage} is made. */
export interface ImageStageOptions {
  /** Memory for decoding and for what is decoded; shared by all servings of a process. */
  readonly budget: ByteBudget;
  /** Who may decode just now; shared by all servings of a process. */
  readonly turns: FairSemaphore;
  readonly clock: Clock;
  /** Most pictures between the start of decoding and their release; at least 1. */
  readonly decoders: number;
  /** Most bytes of one file. */
  readonly maxBytes: number;
  /** Most pixels of one picture. */
  readonly maxPixels: number;
  readonly mode: 'exact' | 'fast';
  /** What tests replace. */
  readonly open?: typeof openImage;
}

/** A decoded picture, with its place. */
export interface DecodedImage {
  readonly image: RgbImage;
  /** `queue`: until a decoder, the memory and the turn were there; `decode`: file to pixels. */
  readonly spans: readonly StageSpan[];
  /** Frees the pixels, and gives decoder and memory to the next one: once nobody reads them any more. Idempotent. */
  release(): void;
}

/**
 * Decodes pictures, first come first served, within two bounds of its own: how many are decoded at once or lie decoded
 * until they are written into a batch, and the bytes that this takes.
 */
export class ImageStage {
  readonly #options: ImageStageOptions;
  readonly #open: typeof openImage;
  readonly #decoders: FairSemaphore;
  /** Half of what all share: what lies decoded for a slow device must not keep other servings from decoding. */
  readonly #own: ByteBudget;

  constructor(options: ImageStageOptions) {
    this.#options = options;
    this.#open = options.open ?? openImage;
    this.#decoders = new FairSemaphore(options.decoders);
    this.#own = new ByteBudget(options.budget.capacityBytes / 2);
  }

  /**
   * Waits for its turn, then decodes. Who aborts while waiting gives up the place at once. A decode that has begun goes
   * on without its caller, and keeps its place until it ends.
   * @param bytes the file; must not change before decoding has ended
   * @param processor what the picture will go through; fast mode decodes no more than that needs
   * @throws the signal's reason, at once; any ERR_IMAGE_*, ERR_BODY_EMPTY
   */
  async decode(bytes: Uint8Array, processor: ImageProcessor, signal?: AbortSignal): Promise<DecodedImage> {
    const decoding = this.#decodeInTurn(bytes, processor, signal);
    try {
      return await abortable(decoding, signal);
    } catch (error) {
      // Where the caller has gone, nobody else would release what is still decoded.
      decoding.then(({ release }) => release()).catch(() => undefined);
      throw error;
    }
  }

  async #decodeInTurn(
    bytes: Uint8Array,
    processor: ImageProcessor,
    signal: AbortSignal | undefined,
  ): Promise<DecodedImage> {
    const { budget, turns, clock, maxBytes, maxPixels, mode } = this.#options;
    const queuedMs = clock.now();
    // Always first the decoder, then the memory, then the turn: who has all waits for none, so all get theirs.
    const releaseDecoder = await this.#decoders.take(1, signal);
    let releaseOwn = (): void => undefined;
    let releaseMemory = (): void => undefined;
    let decoded: RgbImage | undefined;
    const release = (): void => {
      if (decoded !== undefined) releaseBytes(decoded.data);
      releaseMemory();
      releaseOwn();
      releaseDecoder();
    };
    try {
      const targetEdge = targetEdgeOf(processor);
      const opened = await this.#open(bytes, { maxBytes, maxPixels, mode, targetEdge, signal });
      releaseOwn = await this.#own.take(opened.memoryBytes, signal);
      releaseMemory = await budget.take(opened.memoryBytes, signal);
      const endTurn = await turns.take(1, signal);
      const startMs = clock.now();
      const image = await opened.decode().finally(endTurn);
      decoded = image;
      const spans: StageSpan[] = [
        { stage: 'queue', startMs: queuedMs, durationMs: startMs - queuedMs },
        { stage: 'decode', startMs, durationMs: clock.now() - startMs },
      ];
      return { image, spans, release };
    } catch (error) {
      release();
      throw error;
    }
  }
}
