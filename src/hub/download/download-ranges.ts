import { setMaxListeners } from 'node:events';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import type { BlobAnswer, BlobConnection } from './blob-connection.js';
import type { ByteSpan } from './check-answer.js';
import type { BlobSource, DownloadSettings } from './download-options.js';
import { HttpStatusError, withoutQuery } from './http-status-error.js';
import type { PartialFile } from './partial-file.js';
import { rangeAt, rangeLength, rangeStart } from './range-layout.js';
import { RangeWriter } from './range-writer.js';
import { retryDelay } from './retry-delay.js';
import { StallGuard } from './stall-guard.js';
import { ContentChanged, RangesIgnored, TryFailure } from './try-failure.js';

/** Fills one partial file over a bounded number of connections. */
export class RangeDownload {
  readonly #source: BlobSource;
  readonly #settings: DownloadSettings;
  readonly #file: PartialFile;
  readonly #connection: BlobConnection;
  readonly #onWritten: (bytes: number) => void;
  readonly #stop = new AbortController();
  readonly #taken = new Set<number>();
  readonly #lanes: Promise<void>[] = [];
  #parallel: number;
  #pausedUntil = 0;

  constructor(
    source: BlobSource,
    settings: DownloadSettings,
    file: PartialFile,
    connection: BlobConnection,
    parallel: number,
    onWritten: (bytes: number) => void,
  ) {
    this.#source = source;
    this.#settings = settings;
    this.#file = file;
    this.#connection = connection;
    this.#parallel = parallel;
    this.#onWritten = onWritten;
    // Each lane listens; Node would take more than ten for a leak
    setMaxListeners(0, this.#stop.signal);
  }

  /**
   * Resolves when every range is filled.
   * @throws HttpStatusError, ContentChanged, RangesIgnored; ERR_HUB_UNREACHABLE, ERR_CHECKSUM_MISMATCH after the last
   *   try; ERR_CACHE_NO_SPACE, ERR_CACHE_UNWRITABLE; the reason of the caller's signal
   */
  async run(): Promise<void> {
    const { signal } = this.#settings;
    const onAbort = (): void => this.#stop.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#startLane();
      // Lanes are added while the first one runs, so their number is looked at anew each time
      for (let lane = 0; lane < this.#lanes.length; lane++) await this.#lanes[lane];
      if (this.#stop.signal.aborted) throw this.#stop.signal.reason;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** A lane never rejects: the first failure stops them all and is the reason of the stop. */
  #startLane(): void {
    this.#lanes.push(this.#runLane().catch((error: unknown) => this.#stop.abort(error)));
  }

  async #runLane(): Promise<void> {
    for (let index = this.#takeRange(); index !== undefined; index = this.#takeRange()) await this.#fill(index);
  }

  #takeRange(): number | undefined {
    this.#stop.signal.throwIfAborted();
    for (let index = rangeAt(this.#file.layout, this.#file.prefix()); index < this.#file.layout.count; index++) {
      if (this.#taken.has(index) || this.#file.isRangeDone(index)) continue;
      this.#taken.add(index);
      return index;
    }
    return undefined;
  }

  async #fill(index: number): Promise<void> {
    const { retry, random, log } = this.#settings;
    let failures = 0;
    while (!this.#file.isRangeDone(index)) {
      const before = this.#file.done(index);
      try {
        await this.#tryOnce(index);
      } catch (error) {
        this.#stop.signal.throwIfAborted();
        if (!(error instanceof TryFailure)) throw error;
        failures = this.#file.done(index) > before ? 0 : failures + 1;
        if (failures >= retry.attempts) throw this.#giveUp(error, failures);
        const waitMs = retryDelay(failures, error.retryAfterMs, retry, random);
        log.debug({ event: 'download.retry', reason: error.message, range: index, failures, waitMs }, 'trying again');
        // What the server asked for holds for all connections
        if (error.retryAfterMs !== undefined) this.#pause(waitMs);
        await this.#settings.sleep(waitMs, this.#stop.signal);
      }
    }
  }

  #pause(waitMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#settings.clock() + waitMs);
  }

  #giveUp(error: TryFailure, tries: number): HornetError {
    const text = `${withoutQuery(this.#source.url)} could not be downloaded: ${error.message} (tries without a new byte: ${tries}).`;
    return new HornetError(error.kind === 'content' ? 'ERR_CHECKSUM_MISMATCH' : 'ERR_HUB_UNREACHABLE', text, {
      cause: error,
    });
  }

  async #tryOnce(index: number): Promise<void> {
    const { clock, sleep } = this.#settings;
    const pauseMs = this.#pausedUntil - clock();
    if (pauseMs > 0) await sleep(pauseMs, this.#stop.signal);
    const { layout } = this.#file;
    const start = rangeStart(layout, index);
    const span = { from: start + this.#file.done(index), to: start + rangeLength(layout, index) };
    const guard = new StallGuard(this.#settings, this.#stop.signal);
    try {
      const answer = await this.#connection.open(span, guard.signal);
      if (answer.whole && layout.count > 1) this.#takeWhole();
      else if (this.#lanes.length === 1) this.#startOthers();
      await this.#receive(answer, guard);
    } catch (error) {
      this.#connection.forget();
      throw guard.signal.aborted ? guard.signal.reason : asTryFailure(error);
    } finally {
      guard.end();
    }
  }

  /** The server ignores Range. That is fine while this connection is the only one. */
  #takeWhole(): void {
    if (this.#lanes.length > 1) throw new RangesIgnored('the server sends the whole file instead of a range');
    this.#parallel = 1;
  }

  #startOthers(): void {
    const left = this.#file.layout.count - this.#taken.size;
    for (let lane = 1; lane < Math.min(this.#parallel, left + 1); lane++) this.#startLane();
  }

  /** Writes a body where it belongs, leaving out what is there already. */
  async #receive(answer: BlobAnswer, guard: StallGuard): Promise<void> {
    let position = answer.from;
    let writer: RangeWriter | undefined;
    let index = -1;
    try {
      for await (const chunk of answer.body) {
        // More than announced: whether the bytes so far are right is for the digest to say
        if (position >= answer.to) break;
        guard.resting();
        for (let rest = chunk; rest.length > 0 && position < answer.to; ) {
          if (rangeAt(this.#file.layout, position) !== index) {
            await writer?.flush();
            index = rangeAt(this.#file.layout, position);
            writer = new RangeWriter(this.#file, index, this.#onWritten);
          }
          const [piece, taken] = this.#pieceFor(writer, index, rest, { from: position, to: answer.to });
          if (taken) {
            const full = writer?.append(piece);
            if (full !== undefined) await full;
          }
          position += piece.length;
          rest = rest.subarray(piece.length);
        }
        guard.waiting();
      }
    } catch (error) {
      // A server that does not end a body that is complete has done no harm
      if (position < answer.to || error instanceof HornetError || this.#stop.signal.aborted) throw error;
    } finally {
      guard.resting();
      await writer?.flush();
    }
    if (position < answer.to) throw new TryFailure('network', `the body was cut at byte ${position} of ${answer.to}`);
  }

  /** The part of a chunk up to the next border, and whether it is new. */
  #pieceFor(
    writer: RangeWriter | undefined,
    index: number,
    rest: Uint8Array,
    { from, to }: ByteSpan,
  ): [piece: Uint8Array, taken: boolean] {
    const start = rangeStart(this.#file.layout, index);
    const have = start + (writer?.appended ?? 0);
    const border = from < have ? have : start + rangeLength(this.#file.layout, index);
    return [rest.subarray(0, Math.min(border, to) - from), from >= have];
  }
}

/** Errors that end the download stay; anything else came from the network. */
function asTryFailure(error: unknown): unknown {
  const final = [HornetError, HttpStatusError, ContentChanged, RangesIgnored, TryFailure];
  if (final.some((kind) => error instanceof kind)) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new TryFailure('network', messageOf(error) + cause, { cause: error });
}
