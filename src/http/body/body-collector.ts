import { aheadBytes, type BodyLimits } from './body-limits.js';

/** How a {@link BodyCollector} is made. */
export interface BodyCollectorOptions {
  readonly limits: BodyLimits;
  /** Bytes that will come, where that is known for certain. */
  readonly announcedBytes: number | undefined;
  /** Bytes that have their room already. */
  readonly admittedBytes: number;
  readonly onBytes: (bytes: number) => void;
}

/** Puts a body together from its pieces, each of which is copied once; one that comes in a single piece is not. */
export class BodyCollector {
  readonly #options: BodyCollectorOptions;
  #pieces: Buffer[] = [];
  /** The whole, where its length is known and more than one piece has come. */
  #target: Buffer | undefined;
  #bytes = 0;
  /** What was told or admitted last. */
  #roomBytes: number;

  constructor(options: BodyCollectorOptions) {
    this.#options = options;
    this.#roomBytes = options.admittedBytes;
  }

  /** @throws the limit's error when there is too much, and what `onBytes` throws */
  add(piece: Buffer): void {
    const { announcedBytes, limits, onBytes } = this.#options;
    const bytes = this.#bytes + piece.length;
    if (bytes > limits.maxBytes) throw limits.tooLarge(`more than ${limits.maxBytes} bytes`, limits.maxBytes);
    if (bytes > this.#roomBytes) {
      this.#roomBytes = announcedBytes === undefined ? bytes : Math.min(announcedBytes, bytes + aheadBytes);
      onBytes(this.#roomBytes);
    }
    if (announcedBytes === undefined || this.#bytes === 0) this.#pieces.push(piece);
    else {
      // Not before a second piece has come: whoever only announces a body gets no memory for it.
      this.#target ??= this.#begin(announcedBytes);
      piece.copy(this.#target, this.#bytes);
    }
    this.#bytes = bytes;
  }

  /** What has come. */
  body(): Buffer {
    if (this.#target !== undefined) return this.#target.subarray(0, this.#bytes);
    const [only, ...others] = this.#pieces;
    if (only !== undefined && others.length === 0) return only;
    return Buffer.concat(this.#pieces, this.#bytes);
  }

  #begin(bytes: number): Buffer {
    const target = Buffer.allocUnsafeSlow(bytes);
    for (const piece of this.#pieces.splice(0)) piece.copy(target);
    return target;
  }
}
