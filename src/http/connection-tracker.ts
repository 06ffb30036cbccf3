import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../serving/clock.js';

/**
 * Knows which connections of a server have a response to come. Node's own `closeIdleConnections` leaves those alone
 * on which a request has begun to arrive, and once a server is closing its time limits for them are off: one silent
 * client would keep the process from ending.
 */
export class ConnectionTracker {
  /** How many responses are to come on each. */
  readonly #responses = new Map<Socket, number>();
  /** Those on which no request has come yet. */
  readonly #silent = new Set<Socket>();
  #lastOpenedAtMs = Number.NEGATIVE_INFINITY;
  #closing = false;

  constructor(server: Server, clock: Pick<Clock, 'now'>) {
    server.on('connection', (socket: Socket) => {
      this.#lastOpenedAtMs = clock.now();
      this.#responses.set(socket, 0);
      this.#silent.add(socket);
      socket.once('close', () => {
        this.#responses.delete(socket);
        this.#silent.delete(socket);
      });
    });
    const onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
      this.#silent.delete(socket);
      this.#count(socket, 1);
      response.once('close', () => this.#count(socket, -1));
    };
    server.on('request', onRequest).on('checkContinue', onRequest);
  }

  /** Connections that are open. */
  get size(): number {
    return this.#responses.size;
  }

  /** Connections on which the first request is still to come. */
  get silent(): number {
    return this.#silent.size;
  }

  /** When the last one was opened, by the clock. */
  get lastOpenedAtMs(): number {
    return this.#lastOpenedAtMs;
  }

  /** Ends every connection that has no response to come, now; and the others with their last response. */
  closeWhenIdle(): void {
    this.#closing = true;
    for (const [socket, responses] of this.#responses) if (responses === 0) socket.destroy();
  }

  #count(socket: Socket, change: number): void {
    const responses = this.#responses.get(socket);
    if (responses === undefined) return;
    this.#responses.set(socket, responses + change);
    // What was written is sent first; the client then reads the end of the connection.
    if (this.#closing && responses + change === 0) socket.destroySoon();
  }
}
