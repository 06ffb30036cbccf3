import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toHornetError } from '../../errors/hornet-error.js';
import { imageLimits } from './body-limits.js';
import { type ReadBodyOptions, readBody } from './read-body.js';

/** A server that reads each body and sends it back, or the code of the error with its status. */
export interface BodyServer {
  readonly port: number;
  readonly url: string;
  /** What `onBytes` was told of the last body. */
  readonly told: number[];
  close(): Promise<void>;
}

/** Starts it on a free port of loopback. */
export async function startBodyServer(
  options: Partial<ReadBodyOptions> & { readonly maxBytes?: number } = {},
): Promise<BodyServer> {
  const told: number[] = [];
  const { maxBytes = 1_000_000, onBytes = () => {}, ...rest } = options;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    told.length = 0;
    try {
      const body = await readBody(request, response, {
        limits: imageLimits(maxBytes),
        idleMs: 60_000,
        signal: new AbortController().signal,
        onBytes: (bytes) => {
          told.push(bytes);
          onBytes(bytes);
        },
        ...rest,
      });
      response.end(body);
    } catch (error) {
      const { status, code } = toHornetError(error);
      response.writeHead(status).end(code);
    }
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  const server = createServer(listener).on('checkContinue', listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    told,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
