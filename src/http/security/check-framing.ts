import type { IncomingMessage } from 'node:http';
import { HornetError } from '../../errors/hornet-error.js';
import { isContinue } from '../body/expectation.js';

/** Most headers of a request; browsers and proxies together send about thirty. */
export const maxHeaders = 100;

/** A second one of these is read in another way by somebody else, such as a proxy in front. */
const single: readonly string[] = ['host', 'authorization', 'content-type', 'content-encoding'];

/**
 * What Node's parser lets through and would be read differently by somebody else on the way: another version of
 * HTTP, no `Host` or two, transfer codings other than `chunked`, or any in HTTP/1.0. And more headers than anybody needs,
 * and an expectation that nobody knows: who has it may not send the body at all.
 * @returns the refusal, or undefined
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 and section 6.1
 */
export function framingProblem({ rawHeaders, headers, httpVersion }: IncomingMessage): HornetError | undefined {
  if (rawHeaders.length > 2 * maxHeaders) {
    return new HornetError('ERR_HEADERS_TOO_LARGE', `The request has more than ${maxHeaders} headers.`);
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return new HornetError('ERR_REQUEST_INVALID', `HTTP/${httpVersion} is not spoken here, but HTTP/1.1.`);
  }
  // Node would refuse it too, with an answer that is none of ours.
  if (headers.host === undefined && httpVersion === '1.1') {
    return new HornetError('ERR_REQUEST_INVALID', 'The header Host is missing.');
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return new HornetError(
      'ERR_REQUEST_INVALID',
      'The only Transfer-Encoding that is accepted is "chunked", in HTTP/1.1.',
    );
  }
  const { expect } = headers;
  if (expect !== undefined && expect.trim() !== '' && !isContinue(expect)) {
    return new HornetError('ERR_EXPECTATION_FAILED', `The expectation "${expect}" is not known.`);
  }
  // Nothing is there twice where all have a name of their own, as nearly always.
  if (rawHeaders.length === 2 * Object.keys(headers).length) return undefined;
  const twice = single.find((name) => headers[name] !== undefined && isTwice(rawHeaders, name));
  if (twice === undefined) return undefined;
  return new HornetError('ERR_REQUEST_INVALID', `The header ${twice} is there more than once.`);
}

function isTwice(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index];
    if (raw?.length === name.length && raw.toLowerCase() === name && ++count > 1) return true;
  }
  return false;
}
