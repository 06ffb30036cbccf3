import type { IncomingMessage, ServerResponse } from 'node:http';
import { HornetError } from '../../errors/hornet-error.js';
import { abortable } from '../../serving/abortable.js';
import { type Clock, systemClock } from '../../serving/clock.js';
import { BodyCollector } from './body-collector.js';
import { aheadBytes, announcedBytes, type BodyLimits } from './body-limits.js';
import { contentCoding } from './content-coding.js';
import { awaitsContinue } from './expectation.js';
import { SenderPace } from './sender-pace.js';
import { Unpacker } from './unpacker.js';

/** How a body is read. */
export interface ReadBodyOptions {
  readonly limits: BodyLimits;
  /** Longest time without a byte, ms; HORNET_BODY_IDLE_MS. */
  readonly idleMs: number;
  /** Default: that of this machine. */
  readonly clock?: Clock | undefined;
  /** Aborts when the body is wanted no longer. */
  readonly signal: AbortSignal;
  /**
   * Told how many bytes the body holds, unpacked, or will hold at most a moment later, whenever they get more than was
   * told or announced before. What it throws ends the reading: the way to refuse what there is no room for.
   */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * The whole body in memory, unpacked as its Content-Encoding says. Sends "100 Continue" where the client waits for it,
 * and only then. Where it fails, the rest of the body is dropped, so that an answer can be given on the connection.
 * @throws what `announcedBytes` throws; the limit's error when there is more, also unpacked; ERR_BODY_DAMAGED where it
 *   cannot be unpacked; ERR_REQUEST_TIMEOUT for a sender that stalls or is slower than 1 KiB/s; ERR_CANCELLED when the
 *   client goes away; what `onBytes` throws; the signal's reason
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReadBodyOptions,
): Promise<Buffer> {
  const { limits, signal, onBytes = () => {} } = options;
  const announced = announcedBytes(request, limits);
  const coding = contentCoding(request);
  signal.throwIfAborted();
  if (request.destroyed && !request.complete) throw clientGone();
  const collector = new BodyCollector({
    limits,
    announcedBytes: coding === 'identity' ? announced : undefined,
    admittedBytes: Math.min(announced ?? 0, aheadBytes),
    onBytes,
  });
  if (request.complete && coding === 'identity') {
    // It has come together with its headers, as small ones do.
    const piece = request.read() as Buffer | null;
    if (piece !== null) collector.add(piece);
    return collector.body();
  }
  if (awaitsContinue(request)) response.writeContinue();
  await (coding === 'identity'
    ? receive(request, options, (piece) => collector.add(piece))
    : receiveCompressed(request, options, coding, collector));
  return collector.body();
}

/** Resolves with the end of the body. @throws what `onPiece` throws, and what ends a body before its time */
function receive(
  request: IncomingMessage,
  options: ReadBodyOptions,
  onPiece: (piece: Buffer) => void,
  failed?: Promise<never>,
): Promise<void> {
  const { signal, idleMs, clock = systemClock } = options;
  return new Promise((resolve, reject) => {
    const pace = new SenderPace({ clock, idleMs, isHeldUp: () => request.isPaused(), onTooSlow: fail });
    const onData = (piece: Buffer): void => {
      pace.received(piece.length);
      try {
        onPiece(piece);
      } catch (error) {
        fail(error);
      }
    };
    const onEnd = (): void => {
      leave();
      resolve();
    };
    const onGone = (): void => fail(clientGone());
    const onAbort = (): void => fail(signal.reason);
    function leave(): void {
      pace.stop();
      request.off('data', onData).off('end', onEnd).off('close', onGone);
      signal.removeEventListener('abort', onAbort);
    }
    function fail(error: unknown): void {
      leave();
      // What comes after it is dropped.
      request.resume();
      reject(error as Error);
    }
    signal.addEventListener('abort', onAbort, { once: true });
    failed?.catch(fail);
    // An error of the request is the end of its connection, of which `close` tells too.
    request
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onGone)
      .on('error', () => {});
  });
}

async function receiveCompressed(
  request: IncomingMessage,
  options: ReadBodyOptions,
  coding: ConstructorParameters<typeof Unpacker>[0],
  collector: BodyCollector,
): Promise<void> {
  const { maxBytes, tooLarge } = options.limits;
  let fail = (_error: unknown): void => {};
  let end = (): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const unpacked = new Promise<void>((resolve) => {
    end = resolve;
  });
  const unpacker = new Unpacker(coding, {
    onPiece: (piece) => collector.add(piece),
    onEnd: end,
    onError: fail,
    onDrain: () => request.resume(),
  });
  let packedBytes = 0;
  const onPiece = (piece: Buffer): void => {
    packedBytes += piece.length;
    if (packedBytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`, maxBytes);
    unpacker.write(piece);
    if (!unpacker.isReady) request.pause();
  };
  try {
    await receive(request, options, onPiece, failed);
    unpacker.end();
    await abortable(Promise.race([unpacked, failed]), options.signal);
  } finally {
    unpacker.close();
  }
}

function clientGone(): HornetError {
  return new HornetError('ERR_CANCELLED', 'The client closed the connection before the body was complete.');
}
