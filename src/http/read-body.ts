import type { Request, Response } from 'express';
import getRawBody from 'raw-body';
import { HornetError } from '../errors/hornet-error.js';
import { abortable } from '../serving/abortable.js';

/** What a body may be. */
export interface BodyLimits {
  /** A longer body is refused as soon as that is known: at its Content-Length, else at the byte. */
  readonly maxBytes: number;
  /** The refusal; `found` is how much there is, such as `5000 bytes`. */
  readonly tooLarge: (found: string, maxBytes: number) => HornetError;
}

/** For bodies that are images: 413 ERR_IMAGE_TOO_LARGE. */
export function imageLimits(maxBytes: number): BodyLimits {
  return {
    maxBytes,
    tooLarge: (found) =>
      new HornetError('ERR_IMAGE_TOO_LARGE', `The body has ${found}; at most ${maxBytes} are accepted.`, {
        details: { maxBytes },
      }),
  };
}

/**
 * Bytes of the body as announced, undefined where it comes in chunks. To be called before anything is reserved for it.
 * @throws ERR_REQUEST_INVALID when it is compressed, or the limit's error when it is too large
 */
export function announcedBytes(request: Request, { maxBytes, tooLarge }: BodyLimits): number | undefined {
  const encoding = request.get('Content-Encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new HornetError('ERR_REQUEST_INVALID', `The Content-Encoding "${encoding}" is not supported.`, {
      remedy: 'Send the body as it is; images are compressed already.',
    });
  }
  const announced = request.get('Content-Length');
  // Without a length and without chunks there is no body.
  if (announced === undefined) return request.get('Transfer-Encoding') === undefined ? 0 : undefined;
  const bytes = Number(announced);
  if (bytes > maxBytes) throw tooLarge(`${bytes} bytes`, maxBytes);
  return bytes;
}

/**
 * The whole body in memory. Sends "100 Continue" where the client waits for it, and only then.
 * @param onChunked told of how much there is, as it comes, of a body whose length was not announced
 * @throws what {@link announcedBytes} throws, ERR_REQUEST_INVALID, what `onChunked` throws, or the signal's reason
 */
export async function readBody(
  request: Request,
  response: Response,
  limits: BodyLimits,
  signal: AbortSignal,
  onChunked: (bytes: number) => void = () => {},
): Promise<Buffer> {
  const announced = announcedBytes(request, limits);
  if (request.get('Expect')?.toLowerCase() === '100-continue') response.writeContinue();
  const { maxBytes, tooLarge } = limits;
  try {
    const body = getRawBody(request, { limit: maxBytes, length: announced ?? null });
    const reading = announced === undefined ? Promise.race([body, tooMuch(request, onChunked)]) : body;
    return await abortable(reading, signal);
  } catch (error) {
    switch (error instanceof Error && 'type' in error ? error.type : undefined) {
      case 'entity.too.large':
        throw tooLarge(`more than ${maxBytes} bytes`, maxBytes);
      case 'request.aborted':
        throw new HornetError('ERR_CANCELLED', 'The client closed the connection before the body was complete.');
      case 'request.size.invalid':
        throw new HornetError('ERR_REQUEST_INVALID', 'The body has another length than its Content-Length says.');
      default:
        throw error;
    }
  }
}

/** Rejects with what `onBytes` throws; else never. */
function tooMuch(request: Request, onBytes: (bytes: number) => void): Promise<never> {
  return new Promise((_, reject) => {
    let bytes = 0;
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      try {
        onBytes(bytes);
      } catch (error) {
        // What comes after it is dropped.
        request.removeAllListeners('data').resume();
        reject(error as Error);
      }
    };
    request.on('data', onData);
  });
}
