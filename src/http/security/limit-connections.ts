import type { RequestListener, Server, ServerOptions } from 'node:http';
import type { DropArgument, Socket } from 'node:net';
import type { Logger } from '../../logging/create-logger.js';
import type { Clock } from '../../serving/clock.js';
import { maxHeaders } from './check-framing.js';
import { endRequestsOn, isEnded } from './last-request.js';

/** Settings that bound what clients may cost before anybody has looked at what they want. */
export interface ConnectionSettings {
  readonly timeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
}

/** Headers arrive at once; so does the first request, else the connection is closed. */
const headersTimeoutMs = 10_000;

/**
 * How long a connection is kept for the next request. Longer than load balancers keep theirs, usually 60 s: else one
 * would send a request on a connection that is just being closed.
 */
const keepAliveMs = 65_000;

/** Options for Node's HTTP server. Its parser stays strict. */
export function connectionLimits({ timeoutMs, maxHeaderBytes }: ConnectionSettings): ServerOptions {
  return {
    // A body may take as long as its request.
    requestTimeout: timeoutMs + 1000,
    headersTimeout: Math.min(headersTimeoutMs, timeoutMs + 1000),
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: maxHeaderBytes,
    insecureHTTPParser: false,
    // Is checked with the rest, and answered as all errors are.
    requireHostHeader: false,
  };
}

/** What happens with connections that are too many. */
export interface TooManyOptions extends Pick<ConnectionSettings, 'maxConnections'> {
  readonly log: Logger;
  readonly clock: Pick<Clock, 'now'>;
  /** Called for each. */
  readonly count: () => void;
}

/** How often refused connections are logged at most, ms. */
const logEveryMs = 1000;

/** Closes connections beyond the limit as they come. */
export function limitConnections(server: Server, { maxConnections, log, clock, count }: TooManyOptions): void {
  server.maxConnections = maxConnections;
  // Node leaves out what is beyond its limit, silently; the check of a request must see that there is too much.
  server.maxHeadersCount = 2 * maxHeaders;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  let dropped = 0;
  server.on('drop', (_connection?: DropArgument) => {
    count();
    dropped++;
    if (clock.now() - loggedAtMs < logEveryMs) return;
    log.warn(
      { event: 'connections.dropped', dropped, maxConnections },
      `${maxConnections} connections are open, as many as HORNET_MAX_CONNECTIONS allows; ${dropped} more were closed`,
    );
    loggedAtMs = clock.now();
    dropped = 0;
  });
}

/** Bounds on what comes on one connection. */
export interface RequestBounds {
  /** 0: no limit. */
  readonly maxRequests: number;
  /** How many answers are to come on a connection. */
  readonly pendingOn: (socket: Socket) => number;
}

/**
 * Requests that a client may send without waiting for the answers. Browsers and most libraries wait for each; one who
 * sends thousands at once would keep everybody else waiting, since they are all handed over in one go.
 */
const maxPipelined = 32;

/**
 * Ends a connection with the answer to its last allowed request. What was sent behind that is not looked at, as RFC 9112
 * demands for every answer with "Connection: close"; Node's own limit would answer it with 503.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function limitRequests({ maxRequests, pendingOn }: RequestBounds, listener: RequestListener): RequestListener {
  const counts = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    if (isEnded(socket)) return;
    let isLast = pendingOn(socket) >= maxPipelined - 1;
    if (maxRequests > 0) {
      const count = (counts.get(socket) ?? 0) + 1;
      counts.set(socket, count);
      isLast ||= count >= maxRequests;
    }
    if (isLast) {
      response.shouldKeepAlive = false;
      endRequestsOn(socket);
    }
    listener(request, response);
  };
}
