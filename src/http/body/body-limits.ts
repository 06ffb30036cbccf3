import type { IncomingMessage } from 'node:http';
import { HornetError } from '../../errors/hornet-error.js';
import { contentCoding } from './content-coding.js';

/** What a body may be. */
export interface BodyLimits {
  /** A longer body is refused as soon as that is known: at its Content-Length, else at the byte; also unpacked. */
  readonly maxBytes: number;
  /** The refusal; `found` is how much there is, such as `5000 bytes`. */
  readonly tooLarge: (found: string, maxBytes: number) => HornetError;
}

/** Of what was announced, at most so much more than has come is held: whoever stalls keeps no more from others. */
export const aheadBytes = 1024 * 1024;

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
 * Bytes of the body as announced, of a compressed one before it is unpacked; undefined where it comes in chunks. To be
 * called before anything is reserved for it.
 * @throws ERR_ENCODING_UNSUPPORTED for a Content-Encoding that is not unpacked, or the limit's error when it is too large
 */
export function announcedBytes(request: IncomingMessage, { maxBytes, tooLarge }: BodyLimits): number | undefined {
  contentCoding(request);
  const announced = request.headers['content-length'];
  // Without a length and without chunks there is no body.
  if (announced === undefined) return request.headers['transfer-encoding'] === undefined ? 0 : undefined;
  const bytes = Number(announced);
  if (bytes > maxBytes) throw tooLarge(`${bytes} bytes`, maxBytes);
  return bytes;
}
