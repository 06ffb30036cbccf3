import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Config, loadConfig } from '../config/load-config.js';
import type { Settings } from '../config/settings.js';
import { hornetHome } from '../engine/engine-names.js';
import { HornetError, messageOf } from '../errors/hornet-error.js';
import { probeGpuOffThread } from '../gpu/probe-off-thread.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { type Clock, systemClock } from '../serving/clock.js';
import { openServings } from '../serving/open-serving.js';
import type { Serving } from '../serving/serving.js';
import { ServingManager } from '../serving/serving-manager.js';
import type { ServingStateName } from '../serving/serving-state.js';
import { createSharedResources, type SharedResources } from '../serving/shared-resources.js';
import { ServingMetrics } from '../telemetry/serving-metrics.js';
import { volumeUsageOf } from '../telemetry/volume-usage.js';
import { answerMalformedRequest } from './answer-malformed-request.js';
import { closeGently } from './close-gently.js';
import { ConnectionTracker } from './connection-tracker.js';
import { createApp } from './create-app.js';
import { IdleWatch } from './idle-watch.js';
import type { ServedServings } from './served.js';
import type { StatusSources } from './status-route.js';

/** Options of {@link createServer}: any setting by its name in the config file, and the models. */
export type ServerOptions = Partial<Settings> & {
  /** MODEL arguments, default the embedded sample. The first one is the default serving. */
  readonly models?: readonly string[];
  /** Default: silent. */
  readonly log?: Logger;
};

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
  readonly #manager: ServedServings;
  readonly #metrics: ServingMetrics;
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
    const resources = createSharedResources(settings, clock);
    this.servings = openServings(config, { log, resources });
    this.#manager = new ServingManager({ servings: this.servings, clock, log });
    const status = statusSources(config, this.#manager, this.servings, resources);
    this.#metrics = new ServingMetrics({ servings: this.servings, shares: status.shares });
    let onIdle = (): void => {};
    this.#idle = new Promise((resolve) => {
      onIdle = resolve;
    });
    this.#watch = new IdleWatch({ clock, stopAfterIdleMs: settings.stopAfterIdleMs, onIdle });
    for (const serving of this.servings) this.#watch.watch(serving);
    const app = createApp({
      ...settings,
      servings: this.#manager,
      log,
      draining: this.#draining.signal,
      cutOff: this.#cutOff.signal,
      metrics: this.#metrics,
      status,
      watch: this.#watch,
      held: () => this.#held,
    });
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
    this.#connections = new ConnectionTracker(this.#http, clock);
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

function statusSources(
  config: Config,
  servings: ServedServings,
  opened: readonly Serving[],
  { clock, memory, shares }: SharedResources,
): StatusSources {
  const { settings, hub } = config;
  const libraries = { cudaLibrary: settings.cudaLibrary, tensorRtPath: settings.tensorRtPath };
  return {
    servings,
    probe: () =>
      opened.every(({ options: { backend } }) => backend === 'onnxruntime') ? null : probeGpuOffThread(libraries),
    memory: () => memory.report(),
    shares: () => shares.report(),
    volume: volumeUsageOf({ weights: hub.cacheDir, engines: join(hornetHome(settings.home), 'engines') }, () =>
      clock.now(),
    ),
  };
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
