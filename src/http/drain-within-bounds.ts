import type { RequestHandler } from 'express';

/** Bytes of an unwanted body that are read and dropped before the connection is cut. */
const maxDrainedBytes = 64 * 1024 * 1024;

/** How often they are counted, ms. */
const countEveryMs = 100;

/**
 * Keeps the connection of a request usable that is answered before its body was read: Node reads the rest and drops
 * it, without any limit of its own. Here it is cut off beyond 64 MiB; the time is bounded by the request timeout.
 * What Node drops raises no events, so the bytes of the socket are counted.
 */
export const drainWithinBounds: RequestHandler = (request, response, next) => {
  response.once('finish', () => {
    if (request.complete) return;
    const { socket } = request;
    const startBytes = socket.bytesRead;
    const timer = setInterval(() => {
      // Not by a listener on the socket: a connection that is kept may see thousands of refusals.
      if (request.complete || socket.destroyed) clearInterval(timer);
      else if (socket.bytesRead - startBytes > maxDrainedBytes) socket.destroy();
    }, countEveryMs);
    timer.unref();
  });
  next();
};
