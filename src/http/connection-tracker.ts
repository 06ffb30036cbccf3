import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../serving/clock.js';
import { onClose } from './on-close.js';

/**
 * Knows which connections of a server have a response to come. Node's own `closeIdleConnections` leaves those alone
 * on which a request has begun to arrive, and once a server is closing its time limits for them are off: one silent
 * client would keep the process from ending.
 */
export class ConnectionTracker {
  /** Which responses are to come on each, in the order of their requests. */
  readonly #responses = new Map<Socket, Set<ServerResponse>>();
  /** Those on which no request has come yet. */
  readonly #silent = new Set<Socket>();
  #lastOpenedAtMs = Number.NEGATIVE_INFINITY;
  #closing = false;

  constructor(server: Server, clock: Pick<Clock, 'now'>) {
    server.on('connection', (socket: Socket) => {
      this.#lastOpenedAtMs = clock.now();
      this.#responses.set(socket, new Set());
      this.#silent.add(socket);
      socket.once('close', () => {
        const responses = this.#responses.get(socket) ?? [];
        this.#responses.delete(socket);
        for (const response of responses) closeUnsent(response);
        this.#silent.delete(socket);
      });
    });
    const onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
      this.#silent.delete(socket);
      this.#responses.get(socket)?.add(response);
      onClose(response, () => this.#done(socket, response));
    };
    server.on('request', onRequest).on('checkContinue', onRequest).on('checkExpectation', onRequest);
  }

  /** Connections that are open. */
  get size(): number {
    return this.#responses.size;
  }

  /** Connections on which the first request is still to come. */
  get silent(): number {
    return this.#silent.size;
  }

  /** Responses that are to come on a connection, in the order of their requests. */
  pendingOn(socket: Socket): readonly ServerResponse[] {
    return [...(this.#responses.get(socket) ?? [])];
  }

  /** How many those are. */
  countPendingOn(socket: Socket): number {
    return this.#responses.get(socket)?.size ?? 0;
  }

  /** When the last one was opened, by the clock. */
  get lastOpenedAtMs(): number {
    return this.#lastOpenedAtMs;
  }

  /** Ends every connection that has no response to come, now; and the others with their last response. */
  closeWhenIdle(): void {
    this.#closing = true;
    for (const [socket, responses] of this.#responses) if (responses.size === 0) socket.destroy();
  }

  #done(socket: Socket, response: ServerResponse): void {
    const responses = this.#responses.get(socket);
    responses?.delete(response);
    // What was written is sent first; the client then reads the end of the connection.
    if (this.#closing && responses?.size === 0) socket.destroySoon();
  }
}

/**
 * Node 20 tells only the response whose turn it is that the client has gone. Those to later requests on the connection
 * would wait for ever, and with them whatever ends with them: places in queues, uses of the server, memory.
 */
function closeUnsent(response: ServerResponse): void {
  if (response.socket !== null) return;
  let isTold = false;
  response.once('close', () => {
    isTold = true;
  });
  response.destroy();
  // Newer versions of Node tell it then by themselves.
  setImmediate(() => {
    if (!isTold) response.emit('close');
  });
}
