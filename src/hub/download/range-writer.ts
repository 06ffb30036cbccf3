import type { PartialFile } from './partial-file.js';

/** Bytes held back at most before the network has to wait for the disk. */
const maxPendingBytes = 2 ** 20;

/**
 * Appends a stream's chunks to one range. While one write is under way the chunks that arrive are gathered for
 * the next, without copying them: a slow line is written byte by byte as it comes, a fast one in large pieces.
 */
export class RangeWriter {
  readonly #file: PartialFile;
  readonly #index: number;
  readonly #onWritten: (bytes: number) => void;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;
  #appended: number;

  constructor(file: PartialFile, index: number, onWritten: (bytes: number) => void) {
    this.#file = file;
    this.#index = index;
    this.#onWritten = onWritten;
    this.#appended = file.done(index);
  }

  /** Bytes of the range that are written or about to be. */
  get appended(): number {
    return this.#appended;
  }

  /** Takes a chunk; a promise when the caller has to wait before the next one. @throws what writing threw */
  append(chunk: Uint8Array): Promise<void> | undefined {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    this.#appended += chunk.length;
    // Not after a failure: what comes next would be written where the lost bytes belong.
    if (this.#failure === undefined) this.#writing ??= this.#write();
    return this.#pendingBytes > maxPendingBytes || this.#failure !== undefined ? this.flush() : undefined;
  }

  /** Resolves when everything appended is written. @throws what writing threw */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(): Promise<void> {
    try {
      while (this.#pendingBytes > 0) {
        const [chunks, bytes] = [this.#pending, this.#pendingBytes];
        this.#pending = [];
        this.#pendingBytes = 0;
        await this.#file.append(this.#index, chunks, bytes);
        this.#onWritten(bytes);
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#writing = undefined;
    }
  }
}
