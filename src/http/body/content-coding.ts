import type { IncomingMessage } from 'node:http';
import { shortened } from '../../errors/describe-value.js';
import { HornetError } from '../../errors/hornet-error.js';

/** How a body may be compressed. */
export type ContentCoding = 'identity' | 'gzip' | 'deflate' | 'br';

const known: ReadonlyMap<string, ContentCoding> = new Map([
  ['', 'identity'],
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

/**
 * How the body is compressed. One layer only: what was compressed twice is no way to send a picture.
 * @throws ERR_ENCODING_UNSUPPORTED naming the Content-Encoding
 */
export function contentCoding(request: IncomingMessage): ContentCoding {
  const header = request.headers['content-encoding'];
  if (header === undefined) return 'identity';
  const names = header.split(',').map((name) => name.trim().toLowerCase());
  const codings = names.map((name) => known.get(name)).filter((coding) => coding !== 'identity');
  const [coding = 'identity'] = codings;
  if (codings.length <= 1 && !codings.includes(undefined)) return coding;
  throw new HornetError(
    'ERR_ENCODING_UNSUPPORTED',
    `The Content-Encoding "${shortened(header, 200)}" is not supported.`,
    {
      details: { supported: ['gzip', 'deflate', 'br', 'identity'] },
    },
  );
}
