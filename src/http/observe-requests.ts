import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { ErrorCode } from '../errors/error-registry.js';
import { toHornetError } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import type { ServingMetrics } from '../telemetry/serving-metrics.js';
import { type AccessLogMode, accessLog } from './access-log.js';
import { answerMalformedRequest } from './answer-malformed-request.js';
import { onClose } from './on-close.js';
import { requestIdOf } from './request-id.js';

/** What a {@link RequestObserver} tells, and whom. */
export interface RequestObserverOptions {
  readonly metrics: Pick<ServingMetrics, 'observeRequest'>;
  readonly log: Logger;
  readonly accessLog: AccessLogMode;
}

/** What routes leave in `response.locals` for whoever observes requests. */
interface ObservedLocals {
  requestId?: string;
  serving?: string;
  errorCode?: ErrorCode;
}

/** A request that is going on. */
interface OpenRequest {
  readonly requestId: string;
  readonly response: Response;
  /** The answer that its connection was given over its head. */
  override?: { readonly status: number; readonly errorCode: ErrorCode };
}

/** What is known of a connection. Requests on it come one after the other. */
interface Connection {
  open: OpenRequest | undefined;
  /** The last request, where it was answered before its body was there. */
  answered: IncomingMessage | undefined;
  /** Bytes of earlier requests and their answers. */
  readBytes: number;
  writtenBytes: number;
}

/** Methods that are told apart in metrics; others are counted together. */
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Gives each request its id, and sees to it that each is counted, timed and logged once, whatever becomes of it. */
export class RequestObserver {
  readonly #metrics: RequestObserverOptions['metrics'];
  readonly #log: ReturnType<typeof accessLog>;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor({ metrics, log, accessLog: mode }: RequestObserverOptions) {
    this.#metrics = metrics;
    this.#log = accessLog(log, mode);
  }

  /** To be told of each request first. Leaves `requestId` in `response.locals`, and the header X-Request-Id in the answer. */
  observe(request: Request, response: Response): void {
    const startMs = performance.now();
    const { socket, url } = request;
    const requestId = requestIdOf(request.headers['x-request-id']);
    response.locals.requestId = requestId;
    response.setHeader('X-Request-Id', requestId);
    const connection = this.#connectionOf(socket);
    const open: OpenRequest = { requestId, response };
    connection.open = open;
    connection.answered = undefined;
    onClose(response, () => {
      if (connection.open === open) {
        connection.open = undefined;
        if (!request.complete) connection.answered = request;
      }
      const locals = response.locals as ObservedLocals;
      const { status, errorCode } = open.override ?? outcomeOf(response, locals);
      const { method } = request;
      const route = routeOf(request);
      const durationMs = performance.now() - startMs;
      const known = methods.has(method) ? method : 'other';
      this.#metrics.observeRequest({ route, method: known, status, durationMs, errorCode });
      const { serving } = locals;
      const bytes = takeBytes(connection, socket);
      this.#log({ requestId, method, route, url, status, durationMs, ...bytes, serving, code: errorCode });
    });
  }

  /**
   * Answers what cannot be parsed as HTTP; for the event `clientError` of a server.
   * @param pending responses that are to come on the connection, in the order of their requests
   */
  onClientError(error: Error & { code?: string }, socket: Socket, pending: readonly ServerResponse[] = []): void {
    const connection = this.#connectionOf(socket);
    const { open, answered } = connection;
    if (answered?.complete === false) {
      // The rest of a body that nobody wants: its request has had its answer, and was observed with it.
      socket.destroySoon();
      return;
    }
    const isOfOpen = open !== undefined && !open.response.req.complete;
    const requestId = isOfOpen ? open.requestId : randomUUID();
    const answer = answerMalformedRequest(error, socket, requestId, pending);
    if (answer === null) return;
    if (isOfOpen) {
      // It is observed when it ends, and that is now. Who sends nothing more in the middle of a body has gone.
      if (error.code !== 'HPE_INVALID_EOF_STATE') open.override = answer;
      return;
    }
    const { status, errorCode } = answer;
    this.#metrics.observeRequest({ route: 'none', method: 'other', status, durationMs: null, errorCode });
    const unknown = { method: null, url: null, durationMs: null, serving: undefined };
    this.#log({ requestId, route: 'none', status, ...unknown, ...takeBytes(connection, socket), code: errorCode });
  }

  #connectionOf(socket: Socket): Connection {
    let connection = this.#connections.get(socket);
    if (connection === undefined) {
      connection = { open: undefined, answered: undefined, readBytes: 0, writtenBytes: 0 };
      this.#connections.set(socket, connection);
    }
    return connection;
  }
}

/** Notes why a request fails, for metrics and the log; to come before the handler that answers it. */
export const noteError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  (response.locals as ObservedLocals).errorCode = codeOf(error);
  next(error);
};

/** For those who know which serving is asked. @param serving the name of one that there is */
export function noteServing(response: Response, serving: string): void {
  (response.locals as ObservedLocals).serving = serving;
}

/** Errors of Express and its router carry a 4xx status. */
function codeOf(error: unknown): ErrorCode {
  const { code, cause } = toHornetError(error);
  const status = cause instanceof Error && 'status' in cause ? Number(cause.status) : 500;
  return code === 'ERR_INTERNAL' && status >= 400 && status < 500 ? 'ERR_REQUEST_INVALID' : code;
}

function outcomeOf(
  response: Response,
  { errorCode = null }: { readonly errorCode?: ErrorCode | null },
): { readonly status: number; readonly errorCode: ErrorCode | null } {
  // An answer that never ends by itself has been given when its client leaves.
  const isGiven = response.writableFinished || (response.headersSent && !response.writableEnded);
  return isGiven ? { status: response.statusCode, errorCode } : { status: 499, errorCode: 'ERR_CANCELLED' };
}

/** Its pattern. Paths that no route took are not told apart: there is no end of them. */
function routeOf(request: Request): string {
  // Express types the route as anything.
  const route: { readonly path: unknown } | undefined = request.route;
  return route === undefined ? 'none' : String(route.path);
}

/** What has come and gone since this was last asked. */
function takeBytes(
  connection: Connection,
  { bytesRead, bytesWritten }: Socket,
): { readonly requestBytes: number; readonly responseBytes: number } {
  const requestBytes = bytesRead - connection.readBytes;
  const responseBytes = bytesWritten - connection.writtenBytes;
  connection.readBytes = bytesRead;
  connection.writtenBytes = bytesWritten;
  return { requestBytes, responseBytes };
}
