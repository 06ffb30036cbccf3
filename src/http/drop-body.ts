import type { Request } from 'express';

/** Bounds of {@link dropBody}. */
export interface DropBodyLimits {
  readonly maxBytes: number;
  readonly maxMs: number;
}

/**
 * Reads and drops the body of a request that is about to be refused with the end of its connection: what has not been
 * read when a connection ends makes the system reset it, and the client may then never see the answer. Does nothing
 * where somebody reads the body already, or the client waits to be asked for it.
 */
export function dropBody(request: Request, { maxBytes, maxMs }: DropBodyLimits): Promise<void> {
  if (request.complete || request.destroyed || request.readableFlowing !== null) return Promise.resolve();
  if (request.get('Expect') !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(resolve, maxMs);
    request
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) resolve();
      })
      .once('end', resolve)
      .once('close', resolve)
      .once('error', resolve)
      .once('close', () => clearTimeout(timer));
  });
}
