// A loopback listener that can be stopped and started again on the same port.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** @import { RequestListener, Server } from 'node:http' */
/** @import { Socket } from 'node:net' */

export class Listener {
  /** @type {Server | null} */
  #server = null;
  /** @type {Set<Socket>} */
  #sockets = new Set();
  /** @type {RequestListener} */
  #onRequest;

  /** @param {number} port 0 lets the system choose @param {RequestListener} onRequest */
  constructor(port, onRequest) {
    this.port = port;
    this.#onRequest = onRequest;
  }

  get openConnections() {
    return this.#sockets.size;
  }

  async start() {
    if (this.#server) return;
    // No timeouts of its own: a test that stalls a response decides when it ends.
    const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0, headersTimeout: 0 }, this.#onRequest);
    server.on('connection', (/** @type {Socket} */ socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
    this.#server = server;
  }

  async stop() {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    // The server's own close event comes before those of its last sockets.
    const closing = [...this.#sockets].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve).destroy()),
    );
    await Promise.all([once(server.close(), 'close'), ...closing]);
  }
}
