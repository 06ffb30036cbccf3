import type { Request, Response } from 'express';
import getRawBody from 'raw-body';
import { HornetError } from '../errors/hornet-error.js';
import { abortable } from '../serving/abortable.js';

/**
 * The whole body in memory. Sends "100 Continue" where the client waits for it, and only then.
 * @param maxBytes a longer body is refused as soon as that is known: at its Content-Length, else at the byte
 * @throws ERR_IMAGE_TOO_LARGE, ERR_REQUEST_INVALID, or the signal's reason
 */
export async function readBody(
  request: Request,
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const encoding = request.get('Content-Encoding') ?? 'identity';
  if (encoding !== 'identity') {
    throw new HornetError('ERR_REQUEST_INVALID', `The Content-Encoding "${encoding}" is not supported.`, {
      remedy: 'Send the bytes of the image as they are; images are compressed already.',
    });
  }
  const announced = request.get('Content-Length');
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge(`${announced} bytes`, maxBytes);
  if (request.get('Expect')?.toLowerCase() === '100-continue') response.writeContinue();
  try {
    return await abortable(getRawBody(request, { limit: maxBytes, length: announced ?? null }), signal);
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

function tooLarge(found: string, maxBytes: number): HornetError {
  return new HornetError('ERR_IMAGE_TOO_LARGE', `The body has ${found}; at most ${maxBytes} are accepted.`, {
    details: { maxBytes },
  });
}
