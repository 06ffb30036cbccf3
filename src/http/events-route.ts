import type { RequestHandler, Response } from 'express';
import { HornetError } from '../errors/hornet-error.js';
import { type Clock, systemClock } from '../serving/clock.js';
import type { GuardedLocals } from './security/guard-requests.js';
import { ServingWatch, type WatchedServing } from './serving-watch.js';

/** What {@link eventsRoute} needs. */
export interface EventsRouteOptions {
  readonly servings: readonly WatchedServing[];
  /** Aborts once the server is shutting down: all streams end then, so that none holds it up. */
  readonly draining: AbortSignal;
  /** Streams at once; default 64. */
  readonly maxStreams?: number;
  /** Default: that of the machine. */
  readonly clock?: Clock;
}

/** A comment is sent this often, ms: proxies cut connections on which nothing happens, and clients notice lost ones. */
const heartbeatMs = 15_000;

/** How long a client should wait before it comes back, where it does not know better, ms. */
const retryMs = 2000;

/**
 * GET: the state of all servings as server-sent events, for as long as the client stays: an event `servings` at once
 * and after each change, with what GET /models answers. Of a client that reads too slowly nothing is kept but that it
 * has something to be told: it gets the newest state when it has read what was sent, and is cut off where it has not
 * done so from one heartbeat to the next. With a heartbeat ends the stream whose token is good no longer. It is for whoever mounts this to decide whether a stream is a use of the
 * server.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function eventsRoute(options: EventsRouteOptions): RequestHandler {
  const { servings, draining, maxStreams = 64, clock = systemClock } = options;
  const watch = new ServingWatch(servings, clock);
  /** What ends each stream. */
  const open = new Map<Response, () => void>();
  draining.addEventListener('abort', () => {
    for (const [response, stop] of open) {
      stop();
      // Nobody waits for a client that does not read.
      if (response.writableNeedDrain) response.destroy();
      else response.end();
    }
  });
  return (request, response) => {
    if (draining.aborted) throw new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down.');
    if (open.size >= maxStreams) {
      throw new HornetError('ERR_TOO_MANY_STREAMS', `${maxStreams} streams of events are open already.`);
    }
    response.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      // Nginx would keep events back until it has a buffer full of them.
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    const stop = stream(response, watch, clock);
    open.set(response, stop);
    response.once('close', () => {
      open.delete(response);
      stop();
    });
  };
}

/** Writes states and heartbeats into the response, until the returned function is called; that is idempotent. */
function stream(response: Response, watch: ServingWatch, clock: Clock): () => void {
  let isFull = false;
  let isBehind = false;
  let wasFullAtHeartbeat = false;
  let cancelHeartbeat = (): void => {};
  const { isStillAllowed = () => true } = response.locals as GuardedLocals;
  const write = (text: string): void => {
    isFull = !response.write(text);
  };
  const tell = (json: string): void => {
    if (isFull) isBehind = true;
    else write(`event: servings\ndata: ${json}\n\n`);
  };
  const beat = (): void => {
    if (isFull && wasFullAtHeartbeat) {
      response.destroy();
      return;
    }
    if (!isStillAllowed()) {
      stop();
      response.end();
      // The end of one that reads nothing would never be sent.
      cancelHeartbeat = clock.after(heartbeatMs, () => response.destroy());
      return;
    }
    wasFullAtHeartbeat = isFull;
    if (!isFull) write(': still here\n\n');
    cancelHeartbeat = clock.after(heartbeatMs, beat);
  };
  const onDrain = (): void => {
    isFull = false;
    if (!isBehind) return;
    isBehind = false;
    tell(watch.current());
  };
  response.on('drain', onDrain);
  const unfollow = watch.follow(tell);
  const stop = (): void => {
    unfollow();
    cancelHeartbeat();
    response.off('drain', onDrain);
  };
  write(`retry: ${retryMs}\n\n`);
  tell(watch.current());
  cancelHeartbeat = clock.after(heartbeatMs, beat);
  return stop;
}
