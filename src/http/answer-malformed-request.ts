import type { Socket } from 'node:net';
import { HornetError } from '../errors/hornet-error.js';
import { errorBody } from './http-error.js';

/** What cannot be parsed as HTTP still gets an error of ours where the socket allows it. */
export function answerMalformedRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [statusLine, problem] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ([
          '408 Request Timeout',
          new HornetError('ERR_REQUEST_TIMEOUT', 'The request did not arrive in time.'),
        ] as const)
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ([
            '431 Request Header Fields Too Large',
            new HornetError('ERR_REQUEST_INVALID', 'The headers are too long.'),
          ] as const)
        : ([
            '400 Bad Request',
            new HornetError('ERR_REQUEST_INVALID', 'The request is not well-formed HTTP.'),
          ] as const);
  const body = JSON.stringify(errorBody(problem));
  socket.end(
    `HTTP/1.1 ${statusLine}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // The other side may keep its half open for as long as it likes.
    () => socket.destroy(),
  );
}
