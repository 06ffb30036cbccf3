import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Config, loadConfig } from '../config/load-config.js';
import type { Settings } from '../config/settings.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { loadServings } from '../serving/load-servings.js';
import { openServings } from '../serving/open-serving.js';
import type { Serving } from '../serving/serving.js';
import { ConnectionTracker } from './connection-tracker.js';
import { createApp } from './create-app.js';
import { errorBody } from './http-error.js';

/** Options of {@link createServer}: any setting by its name in the config file, and the models. */
export type ServerOptions = Partial<Settings> & {
  /** MODEL arguments, default the embedded sample. The first one is the default serving. */
  readonly models?: readonly string[];
  /** Default: silent. */
  readonly log?: Logger;
};

/** An HTTP server with its servings. */
export class HornetServer {
  readonly servings: readonly [Serving, ...Serving[]];
  readonly #config: Config;
  readonly #log: Logger;
  readonly #http: Server;
  readonly #connections: ConnectionTracker;
  #listening = false;
  readonly #stopLoading = new AbortController();
  #accepting = true;
  #closing: Promise<void> | undefined;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#log = log;
    this.servings = openServings(config, log);
    const { settings } = config;
    const app = createApp({ ...settings, servings: this.servings, log, isAccepting: () => this.#accepting });
    this.#http = createHttpServer(
      {
        // A body may take as long as its request; headers arrive at once.
        requestTimeout: settings.timeoutMs + 1000,
        headersTimeout: Math.min(10_000, settings.timeoutMs + 1000),
        connectionsCheckingInterval: 1000,
      },
      app,
    );
    // Node would answer "100 Continue" before a request could be refused; the route does it when it reads.
    this.#http.on('checkContinue', app);
    this.#http.on('clientError', answerMalformedRequest);
    this.#connections = new ConnectionTracker(this.#http);
  }

  /**
   * Listens, and only then starts loading the servings in the background.
   * @returns the base address, e.g. http://127.0.0.1:3000
   * @throws ERR_LISTEN_FAILED
   */
  async listen(): Promise<string> {
    const { host, port } = this.#config.settings;
    if (this.#listening) throw new HornetError('ERR_LISTEN_FAILED', 'This server listens already, or was closed.');
    this.#listening = true;
    try {
      this.#http.listen(port, host);
      await once(this.#http, 'listening');
    } catch (error) {
      throw new HornetError('ERR_LISTEN_FAILED', `Cannot listen on ${host} port ${port}: ${messageOf(error)}.`);
    }
    const address = this.#http.address() as AddressInfo;
    const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    const url = `http://${shownHost}:${address.port}`;
    this.#log.info({ event: 'server.listening', url }, `Hornet listens on ${url}`);
    void loadServings(this.servings, { signal: this.#stopLoading.signal, log: this.#log });
    return url;
  }

  /** Stops listening, answers what was accepted, closes the servings. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#accepting = false;
      this.#stopLoading.abort();
      this.#listening = true;
      const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
      this.#connections.closeWhenIdle();
      await Promise.all([closed, ...this.servings.map((serving) => serving.close())]);
    })();
    return this.#closing;
  }
}

/**
 * An HTTP server for one or several models; call `listen()` on it.
 * What the options leave open comes from the environment; no config file is read.
 * @throws ERR_CONFIG_INVALID
 */
export function createServer(options: ServerOptions = {}): HornetServer {
  const { models, log = silentLogger, ...flags } = options;
  return new HornetServer(loadConfig({ models: models ?? [], flags, folder: null }), log);
}

/** What cannot be parsed as HTTP still gets an error of ours where the socket allows it. */
function answerMalformedRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [statusLine, problem] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ([
          '408 Request Timeout',
          new HornetError('ERR_REQUEST_TIMEOUT', 'The request did not arrive in time.'),
        ] as const)
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ([
            '431 Request Header Fields Too Large',
            new HornetError('ERR_REQUEST_INVALID', 'The headers are too long.'),
          ] as const)
        : ([
            '400 Bad Request',
            new HornetError('ERR_REQUEST_INVALID', 'The request is not well-formed HTTP.'),
          ] as const);
  const body = JSON.stringify(errorBody(problem));
  socket.end(
    `HTTP/1.1 ${statusLine}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // The other side may keep its half open for as long as it likes.
    () => socket.destroy(),
  );
}
