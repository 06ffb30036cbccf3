import type { Socket } from 'node:net';

const ended = new WeakSet<Socket>();

/**
 * From now on nothing more that comes on this connection is looked at. To be called for the request whose answer is the
 * last one: a client may have sent others behind it, and Node hands them over before that answer has been sent.
 */
export function endRequestsOn(socket: Socket): void {
  ended.add(socket);
}

/** Whether the last request of this connection has come already. */
export function isEnded(socket: Socket): boolean {
  return ended.has(socket);
}
