import type { IncomingMessage, ServerResponse } from 'node:http';
import { onClose } from './on-close.js';

/** Bytes of an unwanted body that are read and dropped before the connection is cut. */
const maxDrainedBytes = 64 * 1024 * 1024;

/** How often they are counted, ms. */
const countEveryMs = 100;

/**
 * Keeps the connection of a request usable that is answered before its body was read: Node reads the rest and drops
 * it, without any limit of its own. Here it is cut off beyond 64 MiB; the time is bounded by the request timeout.
 * What Node drops raises no events, so the bytes of the socket are counted.
 */
export function drainWithinBounds(): (request: IncomingMessage, response: ServerResponse) => void {
  /** Requests whose rest is being dropped, with what their sockets had read when it began. */
  const draining = new Map<IncomingMessage, number>();
  let timer: NodeJS.Timeout | undefined;
  // One timer for all, and none on the way of a request: under overload there are thousands of refusals a second.
  const count = (): void => {
    for (const [request, startBytes] of draining) {
      const { socket } = request;
      if (socket.bytesRead - startBytes > maxDrainedBytes) socket.destroy();
      if (request.complete || socket.destroyed) draining.delete(request);
    }
    if (draining.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return (request, response) => {
    onClose(response, () => {
      if (request.complete || request.socket.destroyed) return;
      draining.set(request, request.socket.bytesRead);
      timer ??= setInterval(count, countEveryMs).unref();
    });
  };
}
