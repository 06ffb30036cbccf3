import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Settings } from '../config/settings.js';
import type { Logger } from '../logging/create-logger.js';
import type { Clock } from '../serving/clock.js';
import { ConnectionTracker } from './connection-tracker.js';
import type { RequestObserver } from './observe-requests.js';
import { connectionLimits, limitConnections, limitRequests } from './security/limit-connections.js';

/** What {@link boundedServer} is made from. */
export interface BoundedServerOptions {
  readonly app: RequestListener;
  readonly settings: Pick<Settings, 'timeoutMs' | 'maxHeaderBytes' | 'maxConnections' | 'maxRequestsPerConnection'>;
  /** Told of what cannot be understood as HTTP. */
  readonly observer: Pick<RequestObserver, 'onClientError'>;
  readonly log: Logger;
  readonly clock: Clock;
  /** Called for each connection that is one too many. */
  readonly onDropped: () => void;
}

/** Node's HTTP server around an app, within the bounds of the settings; it does not listen yet. */
export function boundedServer({ app, settings, observer, log, clock, onDropped }: BoundedServerOptions): {
  readonly server: Server;
  readonly connections: ConnectionTracker;
} {
  const listener = limitRequests(
    {
      maxRequests: settings.maxRequestsPerConnection,
      pendingOn: (socket) => connections.countPendingOn(socket),
    },
    app,
  );
  const server = createServer(connectionLimits(settings), listener);
  // Node would answer "100 Continue" before a request could be refused; the route does it when it reads.
  server.on('checkContinue', listener);
  // Node would refuse what else is expected without a word.
  server.on('checkExpectation', listener);
  server.on('clientError', (error, socket: Socket) => {
    observer.onClientError(error, socket, connections.pendingOn(socket));
  });
  limitConnections(server, { maxConnections: settings.maxConnections, log, clock, count: onDropped });
  const connections = new ConnectionTracker(server, clock);
  return { server, connections };
}
