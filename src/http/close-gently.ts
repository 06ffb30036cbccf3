import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../serving/clock.js';
import type { ConnectionTracker } from './connection-tracker.js';

/** What {@link closeGently} closes, and how. */
export interface CloseGentlyOptions {
  readonly server: Server;
  readonly connections: ConnectionTracker;
  readonly clock: Clock;
  /** From now on requests are taken in and not answered, until the returned function is called. */
  readonly hold: () => () => void;
  /** How long answers that are on their way are waited for, ms. */
  readonly answersMs: number;
}

/** How long the wait is for what may come, before it is looked again, ms. */
const stepMs = 20;
/** No connection for this long: nobody who had an answer comes back with another request. */
const quietMs = 60;
/** The listener is closed after this time even where there is no such quiet. */
const longestHoldMs = 500;
/** How long connections without a request are kept after that: one may be on its way. */
const lastRequestMs = 100;
/** The same for new ones, on which none has come yet. */
const firstRequestMs = 500;

/**
 * Closes a server that gives only refusals any more, so that as few as possible of those who ask get no answer at all.
 * The system takes connections in before a process does, and resets those that were not fetched when the listener is
 * closed. So for a moment requests are taken in but not answered: nobody who waits for an answer opens another
 * connection. What has been taken in is answered then; what stays silent is cut off.
 */
export async function closeGently({ server, connections, clock, hold, answersMs }: CloseGentlyOptions): Promise<void> {
  const release = hold();
  await until(clock, longestHoldMs, () => clock.now() - connections.lastOpenedAtMs >= quietMs);
  // Of the TCP server: that of HTTP would also destroy connections on which a request may be arriving just now.
  const closed = new Promise<void>((resolve) => TcpServer.prototype.close.call(server, () => resolve()));
  release();
  const cancel = clock.after(answersMs, () => server.closeAllConnections());
  const listenerClosedAtMs = clock.now();
  await until(clock, firstRequestMs, () => {
    if (connections.size === 0) return true;
    return connections.silent === 0 && clock.now() - listenerClosedAtMs >= lastRequestMs;
  });
  server.close();
  connections.closeWhenIdle();
  await closed;
  cancel();
}

/** Resolves when it is enough, or the time is over; what the system has taken in by then has been seen. */
async function until(clock: Clock, mostMs: number, isEnough: () => boolean): Promise<void> {
  const startMs = clock.now();
  for (;;) {
    await setImmediate();
    await setImmediate();
    if (isEnough() || clock.now() - startMs >= mostMs) return;
    await new Promise<void>((resolve) => clock.after(stepMs, resolve));
  }
}
