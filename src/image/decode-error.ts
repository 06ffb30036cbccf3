import { HornetError, messageOf, toHornetError } from '../errors/hornet-error.js';

/** Longest reason of libvips that is passed on, in characters. */
const maxReasonLength = 160;

/** libvips' reason as one clean line: its first, without its names for itself and without control characters. */
export function reasonOf(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  return line
    .replace(/^Input buffer (has corrupt header|contains unsupported image format)(: |$)/, '')
    .replace(/^\w*vips\w*: /i, '')
    .replace(/[^\x21-\x7e]+/g, ' ')
    .slice(0, maxReasonLength)
    .trim();
}

/** Whether sharp refused a picture for its number of pixels. */
export function isPixelLimit(error: unknown): boolean {
  return messageOf(error).startsWith('Input image exceeds pixel limit');
}

/**
 * What a failure of sharp means: ERR_IMAGE_DECODE_TIMEOUT where its time limit ended it, else
 * ERR_IMAGE_UNDECODABLE with libvips' reason. A defect of ours, or memory that ran out, stays ERR_INTERNAL.
 */
export function toDecodeError(error: unknown, timeoutMs: number): HornetError {
  if (error instanceof HornetError || error instanceof TypeError || error instanceof RangeError) {
    return toHornetError(error);
  }
  if (messageOf(error).startsWith('timeout:')) {
    return new HornetError('ERR_IMAGE_DECODE_TIMEOUT', `Decoding the image took longer than ${timeoutMs} ms.`, {
      cause: error,
      details: { timeoutMs },
    });
  }
  const reason = reasonOf(error) || 'its header is damaged';
  return new HornetError('ERR_IMAGE_UNDECODABLE', `The image cannot be decoded: ${reason}.`, { cause: error });
}
