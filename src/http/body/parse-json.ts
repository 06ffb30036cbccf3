import { HornetError } from '../../errors/hornet-error.js';

/** Far more than any request has that is not made of nested numbers. */
const defaultMaxParts = 100_000;

/**
 * JSON in UTF-8, with or without a byte order mark.
 * @param maxParts most lists, objects and fields that are built, together: 32 MiB of empty lists would keep the thread
 *   busy for seconds and take half a gigabyte, and packed they come as a few kilobytes
 * @throws ERR_REQUEST_INVALID when it is none, or has more parts
 */
export function parseJson(body: Buffer, maxParts: number = defaultMaxParts): unknown {
  if (body.length > maxParts && hasMoreParts(body, maxParts)) {
    throw new HornetError('ERR_REQUEST_INVALID', `The JSON has more than ${maxParts} lists, objects and fields.`, {
      details: { maxParts },
    });
  }
  try {
    return JSON.parse(body.toString('utf8', hasByteOrderMark(body) ? 3 : 0));
  } catch (error) {
    throw new HornetError('ERR_REQUEST_INVALID', 'The body is not JSON.', { cause: error });
  }
}

function hasByteOrderMark(body: Buffer): boolean {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
}

const [list, object, field] = [0x5b, 0x7b, 0x3a];

/** Counts what may begin one, also within texts: a bound, not a parser. */
function hasMoreParts(body: Buffer, maxParts: number): boolean {
  let parts = 0;
  for (const byte of body) {
    if (byte === list || byte === object || byte === field) parts++;
    if (parts > maxParts) return true;
  }
  return false;
}
