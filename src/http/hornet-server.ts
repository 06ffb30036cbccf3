import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/load-config.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import type { Logger } from '../logging/create-logger.js';
import { type Clock, systemClock } from '../serving/clock.js';
import { openServings } from '../serving/open-serving.js';
import type { Serving } from '../serving/serving.js';
import { ServingManager } from '../serving/serving-manager.js';
import type { ServingStateName } from '../serving/serving-state.js';
import { createSharedResources } from '../serving/shared-resources.js';
import { ServingMetrics } from '../telemetry/serving-metrics.js';
import { ServingStatistics } from '../telemetry/serving-statistics.js';
import { boundedServer } from './bounded-server.js';
import { closeGently } from './close-gently.js';
import type { ConnectionTracker } from './connection-tracker.js';
import { createApp } from './create-app.js';
import { IdleWatch } from './idle-watch.js';
import { RequestObserver } from './observe-requests.js';
import { originsIn } from './security/origins.js';
import { ServerTokens } from './security/server-tokens.js';
import type { ServedServings } from './served.js';
import { serverSources } from './server-sources.js';

/** Parts that tests replace. */
export interface HornetServerParts {
  readonly clock?: Clock;
}

/** What a server is doing, for the log. */
export interface ServerActivity {
  readonly openRequests: number;
  readonly servings: readonly { readonly name: string; readonly state: ServingStateName; readonly images: number }[];
}

/** How long connections with an answer on its way are waited for at least, ms, however short the grace was. */
const lastAnswersMs = 1000;

/** An HTTP server with its servings. */
export class HornetServer {
  readonly servings: readonly [Serving, ...Serving[]];
  readonly #config: Config;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #http: Server;
  readonly #connections: ConnectionTracker;
  readonly #tokens: ServerTokens;
  readonly #manager: ServedServings;
  readonly #metrics: ServingMetrics;
  readonly #statistics: ServingStatistics;
  readonly #watch: IdleWatch;
  readonly #idle: Promise<void>;
  /** Aborts when no new work is taken any more. */
  readonly #draining = new AbortController();
  /** Aborts when what was accepted is waited for no longer. */
  readonly #cutOff = new AbortController();
  /** Pending while requests are taken in but not answered. */
  #held: Promise<void> | undefined;
  #listening = false;
  #closing: Promise<void> | undefined;

  constructor(config: Config, log: Logger, { clock = systemClock }: HornetServerParts = {}) {
    const { settings } = config;
    this.#config = config;
    this.#log = log;
    this.#clock = clock;
    this.#tokens = new ServerTokens({ token: settings.token, tokenFile: settings.tokenFile, log, clock });
    const resources = createSharedResources(settings, clock);
    this.servings = openServings(config, { log, resources });
    this.#manager = new ServingManager({ servings: this.servings, clock, log });
    const sources = serverSources(config, this.servings, resources);
    this.#statistics = new ServingStatistics(this.servings);
    this.#metrics = new ServingMetrics({
      ...sources.metrics,
      servings: this.servings,
      statistics: this.#statistics,
      connections: () => this.#connections.size,
    });
    const observer = new RequestObserver({ metrics: this.#metrics, log, accessLog: settings.accessLog });
    let onIdle = (): void => {};
    this.#idle = new Promise((resolve) => {
      onIdle = resolve;
    });
    this.#watch = new IdleWatch({ clock, stopAfterIdleMs: settings.stopAfterIdleMs, onIdle });
    for (const serving of this.servings) this.#watch.watch(serving);
    const app = createApp({
      ...settings,
      corsOrigins: originsIn(settings.corsOrigins),
      tokens: this.#tokens,
      servings: this.#manager,
      log,
      draining: this.#draining.signal,
      cutOff: this.#cutOff.signal,
      metrics: this.#metrics,
      statistics: this.#statistics,
      observer,
      status: { ...sources.status, servings: this.#manager },
      watch: this.#watch,
      held: () => this.#held,
      clock,
    });
    const onDropped = (): void => this.#metrics.countDroppedConnection();
    const { server, connections } = boundedServer({ app, settings, observer, log, clock, onDropped });
    this.#http = server;
    this.#connections = connections;
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
    if (!isLoopback(address) && !this.#tokens.required) {
      this.#log.warn(
        { event: 'server.open-to-all', address: address.address },
        `Whoever can reach ${url} may use this server, and load and unload its servings: set HORNET_TOKEN or ` +
          'HORNET_TOKEN_FILE, or HOST=127.0.0.1',
      );
    }
    void this.#manager.start(this.#draining.signal);
    return url;
  }

  /** Resolves when nobody has used the server for the time that HORNET_STOP_AFTER_IDLE says; else never. */
  untilIdle(): Promise<void> {
    return this.#idle;
  }

  /** What it is doing just now. */
  get activity(): ServerActivity {
    return {
      openRequests: this.#watch.open,
      servings: this.servings.map(({ name, status, inFlight }) => ({ name, state: status.state, images: inFlight })),
    };
  }

  /**
   * Is not ready any more, refuses new work with 503, answers what was accepted, closes the servings, and only then
   * stops listening, so that whoever asks meanwhile is told. Idempotent.
   * @param graceMs what has no answer by then gets a 503; default HORNET_SHUTDOWN_GRACE
   */
  close({ graceMs = this.#config.settings.shutdownGraceMs }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    this.#listening = true;
    this.#draining.abort(new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down.'));
    this.#watch.close();
    this.#tokens.close();
    const closedAtMs = this.#clock.now();
    const keepWaiting = this.#clock.after(graceMs, () => this.#cutOffRequests(graceMs));
    await this.#manager.close({ graceMs });
    const leftMs = closedAtMs + graceMs - this.#clock.now();
    await closeGently({
      server: this.#http,
      connections: this.#connections,
      clock: this.#clock,
      hold: () => this.#hold(),
      answersMs: Math.max(leftMs, lastAnswersMs),
    });
    keepWaiting();
    this.#metrics.close();
    this.#statistics.close();
  }

  #hold(): () => void {
    let release = (): void => {};
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return () => {
      this.#held = undefined;
      release();
    };
  }

  #cutOffRequests(graceMs: number): void {
    const { activity } = this;
    const images = activity.servings.reduce((sum, serving) => sum + serving.images, 0);
    if (images > 0 || activity.openRequests > 0) {
      this.#log.warn(
        { event: 'server.cut-off', ...activity },
        `${activity.openRequests} requests with ${images} images were not done within ${graceMs} ms and are given up`,
      );
    }
    this.#cutOff.abort(
      new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down and could not finish this request in time.'),
    );
  }
}

function isLoopback({ address }: AddressInfo): boolean {
  return /^(::1$|(::ffff:)?127\.)/.test(address);
}
