import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import type { BlobSource } from './download-options.js';
import { asFileError, fileError } from './file-error.js';
import { decodeJournal, encodeJournal, encodeSlots, journalKey, slotOffset } from './range-journal.js';
import { planRanges, type RangeLayout, rangeLength, rangeStart } from './range-layout.js';

/** Bytes between two background flushes: the disk works while the network does, instead of after it. */
const flushEveryBytes = 64 * 2 ** 20;

/**
 * The partial file and its journal. Bytes are only ever appended to a range, never overwritten: what the hash
 * follower has read stays as it was. Methods throw ERR_CACHE_NO_SPACE and ERR_CACHE_UNWRITABLE.
 */
export class PartialFile {
  readonly layout: RangeLayout;
  /** Bytes that an earlier try left. */
  readonly reusedBytes: number;
  readonly #path: string;
  readonly #data: FileHandle;
  readonly #journal: FileHandle;
  readonly #key: number;
  readonly #done: Uint32Array;
  readonly #dirty = new Set<number>();
  #doneBytes: number;
  #lastWrite: Promise<void> = Promise.resolve();
  #journaling: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #unflushedBytes = 0;
  #failure: Error | undefined;
  #prefixRange = 0;

  private constructor(
    path: string,
    source: BlobSource,
    handles: { data: FileHandle; journal: FileHandle },
    state: { layout: RangeLayout; done: Uint32Array },
  ) {
    this.#path = path;
    this.#data = handles.data;
    this.#journal = handles.journal;
    this.layout = state.layout;
    this.#done = state.done;
    this.#key = journalKey(state.layout, source.digest);
    this.reusedBytes = state.done.reduce((sum, bytes) => sum + bytes, 0);
    this.#doneBytes = this.reusedBytes;
  }

  /**
   * Takes up what is there; an absent, foreign or damaged file or journal means starting anew.
   * A file of the full length without a journal is one whose download ended but was not renamed any more.
   */
  static open(path: string, source: BlobSource, rangeBytes: number): Promise<PartialFile> {
    return asFileError(async () => {
      const length = await stat(path).then((file) => (file.isFile() ? file.size : -1), missingAsUndefined);
      const journal = await readFile(journalPath(path)).catch(missingAsUndefined);
      const found = journal && length === source.size ? decodeJournal(journal, source.size, source.digest) : undefined;
      const layout = found?.layout ?? planRanges(source.size, rangeBytes);
      const ended = journal === undefined && length === source.size;
      const done = found?.done ?? new Uint32Array(layout.count).map((_, i) => (ended ? rangeLength(layout, i) : 0));
      if (found === undefined && !ended) {
        // In this order a kill never leaves a journal beside bytes that it does not describe, nor an empty file
        // of full length without one
        await rm(journalPath(path), { force: true });
        await (await open(path, 'w')).close();
      }
      const journalHandle = await open(journalPath(path), found === undefined ? 'w+' : 'r+');
      try {
        if (found === undefined) await journalHandle.write(encodeJournal(layout, source.digest, done), 0, null, 0);
        const data = await open(path, 'r+');
        await data.truncate(source.size).catch(async (error: unknown) => {
          await data.close();
          throw error;
        });
        return new PartialFile(path, source, { data, journal: journalHandle }, { layout, done });
      } catch (error) {
        await journalHandle.close();
        throw error;
      }
    });
  }

  /** Removes the partial file and its journal. */
  static discard(path: string): Promise<void> {
    return asFileError(async () => {
      await rm(journalPath(path), { force: true });
      await rm(path, { force: true });
    });
  }

  /** Bytes that are there, in all ranges. */
  get doneBytes(): number {
    return this.#doneBytes;
  }

  /** Bytes done from the start of one range. */
  done(index: number): number {
    return this.#done[index] ?? 0;
  }

  isRangeDone(index: number): boolean {
    return this.done(index) === rangeLength(this.layout, index);
  }

  /** Bytes from the start of the file without a gap. */
  prefix(): number {
    const { count, size } = this.layout;
    while (this.#prefixRange < count && this.isRangeDone(this.#prefixRange)) this.#prefixRange++;
    return this.#prefixRange === count
      ? size
      : rangeStart(this.layout, this.#prefixRange) + this.done(this.#prefixRange);
  }

  /** Appends to one range; one call at a time per range. The journal follows soon after. */
  async append(index: number, chunks: Uint8Array[], bytes: number): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const position = rangeStart(this.layout, index) + this.done(index);
    // One at a time: the system would serialise them by spinning, on the cores that the event loop needs
    const write = this.#lastWrite.then(() => asFileError(() => this.#writeFully(chunks, position)));
    this.#lastWrite = write.catch(() => {});
    await write;
    this.#done[index] = this.done(index) + bytes;
    this.#doneBytes += bytes;
    this.#dirty.add(index);
    this.#journaling ??= this.#writeJournal();
    this.#unflushedBytes += bytes;
    if (this.#unflushedBytes >= flushEveryBytes) this.#flushing ??= this.#flush();
  }

  /** Resolves when every byte and the journal are with the operating system, the bytes also on the disk. */
  async sync(): Promise<void> {
    await this.#journaling;
    await this.#flushing;
    await this.#flush();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Removes the journal: the file is complete and verified. */
  removeJournal(): Promise<void> {
    return asFileError(() => rm(journalPath(this.#path), { force: true }));
  }

  async close(): Promise<void> {
    await this.#lastWrite;
    await this.#journaling;
    await this.#flushing;
    await this.#journal.close();
    await this.#data.close();
  }

  async #writeFully(chunks: Uint8Array[], start: number): Promise<void> {
    let position = start;
    let rest = chunks;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#data.writev(rest, position);
      position += bytesWritten;
      rest = dropBytes(rest, bytesWritten);
    }
  }

  async #writeJournal(): Promise<void> {
    try {
      while (this.#dirty.size > 0) {
        const first = Math.min(...this.#dirty);
        const last = Math.max(...this.#dirty);
        this.#dirty.clear();
        await this.#journal.write(encodeSlots(this.#key, this.#done, first, last), 0, null, slotOffset(first));
      }
    } catch (error) {
      this.#failure ??= fileError(error);
    } finally {
      this.#journaling = undefined;
    }
  }

  async #flush(): Promise<void> {
    this.#unflushedBytes = 0;
    try {
      await this.#data.datasync();
    } catch (error) {
      this.#failure ??= fileError(error);
    } finally {
      this.#flushing = undefined;
    }
  }
}

function journalPath(path: string): string {
  return `${path}.ranges`;
}

function missingAsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** The buffers without their first `count` bytes; the system may write less than it was given. */
function dropBytes(chunks: Uint8Array[], count: number): Uint8Array[] {
  let dropped = 0;
  for (const [index, chunk] of chunks.entries()) {
    if (dropped + chunk.length > count) return [chunk.subarray(count - dropped), ...chunks.slice(index + 1)];
    dropped += chunk.length;
  }
  return [];
}
