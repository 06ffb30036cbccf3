import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors/error-registry.js';
import { HornetError } from '../errors/hornet-error.js';
import { errorBody } from './http-error.js';
import { endRequestsOn, isEnded } from './security/last-request.js';

/** What was answered, or will be. */
export interface MalformedAnswer {
  readonly status: number;
  readonly errorCode: ErrorCode;
}

/** Connections on which nothing more is understood: whatever comes next is another error, and is ignored. */
const spoilt = new WeakSet<Socket>();

/**
 * What cannot be parsed as HTTP still gets an error of ours where the socket allows it, and then the connection ends:
 * nobody knows where on it the next request begins. Answers to requests that came before it go first, since a client
 * takes whatever comes for the answer to its oldest request.
 * @param requestId for the header X-Request-Id
 * @param pending responses that are to come on the connection, in the order of their requests
 * @returns null where nobody is answered
 */
export function answerMalformedRequest(
  error: Error & { code?: string },
  socket: Socket,
  requestId: string,
  pending: readonly ServerResponse[] = [],
): MalformedAnswer | null {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return null;
  }
  if (spoilt.has(socket)) return null;
  spoilt.add(socket);
  const wasEnded = isEnded(socket);
  endRequestsOn(socket);
  // Nothing was asked, so there is nothing to answer: a browser or proxy has opened it in advance.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0) {
    socket.destroy();
    return null;
  }
  // Where the body of a request is malformed, the error is the answer to that request, if it has none yet.
  const own = pending.find(({ req }) => !req.complete);
  // The connection ends with an answer that is on its way, and what follows its request is none.
  if (wasEnded && own === undefined) return null;
  const earlier = pending.filter((response) => response !== own || response.headersSent);
  // The client said that there would be no other request: what follows is none.
  const problem = error.code === 'HPE_CLOSED_CONNECTION' || own?.headersSent ? null : problemOf(error.code);
  const answer = (): void => {
    if (problem === null || !socket.writable) socket.destroySoon();
    else endWith(problem, socket, requestId);
  };
  let left = earlier.length;
  if (left === 0) answer();
  for (const response of earlier) {
    response.once('close', () => {
      if (--left === 0) answer();
    });
  }
  return problem === null ? null : { status: problem.status, errorCode: problem.code };
}

function endWith(problem: HornetError, socket: Socket, requestId: string): void {
  const body = JSON.stringify(errorBody(problem));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n` +
      `X-Request-Id: ${requestId}\r\n` +
      `Connection: close\r\n\r\n${body}`,
    // The other side may keep its half open for as long as it likes.
    () => socket.destroy(),
  );
}

function problemOf(code: string | undefined): HornetError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new HornetError('ERR_REQUEST_TIMEOUT', 'The request did not arrive in time.');
    case 'HPE_HEADER_OVERFLOW':
      return new HornetError('ERR_HEADERS_TOO_LARGE', 'The URL and the headers are too long.');
    default:
      return new HornetError('ERR_REQUEST_INVALID', 'The request is not well-formed HTTP.');
  }
}
