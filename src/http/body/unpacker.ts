import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, type ZlibOptions } from 'node:zlib';
import { HornetError, messageOf } from '../../errors/hornet-error.js';
import type { ContentCoding } from './content-coding.js';

/** Where the pieces of an {@link Unpacker} go. */
export interface UnpackerEvents {
  /** Called with each unpacked piece. What it throws is given to `onError`. */
  readonly onPiece: (piece: Buffer) => void;
  /** Called once, when all is unpacked. */
  readonly onEnd: () => void;
  /** Called once, instead of `onEnd`: with ERR_BODY_DAMAGED, or with what `onPiece` threw. */
  readonly onError: (error: unknown) => void;
  /** Called when it takes more again. */
  readonly onDrain: () => void;
}

type Stream = Transform & { readonly bytesWritten: number };

/** What one call of zlib unpacks at most; what is too much of a body is noticed after no more than that. */
const options: ZlibOptions = { chunkSize: 64 * 1024 };

/**
 * Unpacks a compressed body piece by piece, in zlib's threads. Strict: a stream that ends early, or is followed by
 * anything, is damaged. `deflate` is the zlib format, as RFC 9110 says; the bare one, which some clients send, is told
 * by its first byte.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
 */
export class Unpacker {
  readonly #coding: Exclude<ContentCoding, 'identity'>;
  readonly #events: UnpackerEvents;
  #stream: Stream | undefined;
  #bytes = 0;
  #isDone = false;

  constructor(coding: Exclude<ContentCoding, 'identity'>, events: UnpackerEvents) {
    this.#coding = coding;
    this.#events = events;
  }

  /** False where no more should be written until `onDrain`. */
  get isReady(): boolean {
    return this.#stream?.writableNeedDrain !== true;
  }

  write(piece: Buffer): void {
    if (this.#isDone || piece.length === 0) return;
    this.#stream ??= this.#start(piece);
    this.#bytes += piece.length;
    this.#stream.write(piece);
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#isDone) return;
    // No bytes at all are no stream, and no body.
    if (this.#stream === undefined) this.#events.onEnd();
    else this.#stream.end();
  }

  /** Gives up: no event comes any more. */
  close(): void {
    this.#isDone = true;
    this.#stream?.destroy();
  }

  #start(first: Buffer): Stream {
    const stream: Stream = open(this.#coding, first);
    const { onPiece, onEnd, onError, onDrain } = this.#events;
    const fail = (error: unknown): void => {
      if (this.#isDone) return;
      this.close();
      onError(error);
    };
    return stream
      .on('data', (piece: Buffer) => {
        if (this.#isDone) return;
        try {
          onPiece(piece);
        } catch (error) {
          fail(error);
        }
      })
      .on('drain', () => {
        if (!this.#isDone) onDrain();
      })
      .on('error', (error) => fail(this.#damaged(messageOf(error), error)))
      .on('end', () => {
        if (stream.bytesWritten < this.#bytes) fail(this.#damaged('there are bytes after its end'));
        else if (!this.#isDone) {
          this.#isDone = true;
          onEnd();
        }
      });
  }

  #damaged(why: string, cause?: unknown): HornetError {
    return new HornetError('ERR_BODY_DAMAGED', `The body cannot be unpacked as "${this.#coding}": ${why}.`, { cause });
  }
}

function open(coding: Exclude<ContentCoding, 'identity'>, first: Buffer): Stream {
  switch (coding) {
    case 'gzip':
      return createGunzip(options);
    case 'br':
      return createBrotliDecompress(options);
    case 'deflate':
      // The low half of the first byte names zlib's only method; a bare stream never begins so.
      return ((first[0] as number) & 0x0f) === 8 ? createInflate(options) : createInflateRaw(options);
  }
}
