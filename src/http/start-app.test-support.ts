import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { HornetError } from '../errors/hornet-error.js';
import { type Logger, silentLogger } from '../logging/create-logger.js';
import { ServingManager } from '../serving/serving-manager.js';
import { ServingMetrics, type ServingMetricsOptions } from '../telemetry/serving-metrics.js';
import { ServingStatistics } from '../telemetry/serving-statistics.js';
import type { AccessLogMode } from './access-log.js';
import { type AppOptions, createApp } from './create-app.js';
import type { FakeServing } from './fake-serving.test-support.js';
import { RequestObserver } from './observe-requests.js';
import type { StatusSources } from './status-route.js';

/** The routes, listening, with fake servings behind them. */
export interface RunningApp {
  readonly url: string;
  readonly http: Server;
  /** Uses that have begun, and those that are going on. */
  readonly uses: { begun: number; open: number };
  readonly metrics: ServingMetrics;
  drain(): void;
  cutOff(): void;
  stop(): Promise<void>;
}

/** What a status says when there is nothing to say. */
const nothing = { bytes: 0, freeBytes: null };

export const emptyStatus: Omit<StatusSources, 'servings'> = {
  probe: () => null,
  memory: () => ({ maxLoaded: 0, maxResidentBytes: 0, availableBytes: null, residents: [], waiting: 0 }),
  shares: () => [],
  volume: () => Promise.resolve({ weights: nothing, engines: nothing, prepared: nothing }),
};

/** Starts the routes on a free port of loopback. */
export async function startApp(
  servings: readonly [FakeServing, ...FakeServing[]],
  options: Partial<
    Pick<
      AppOptions,
      'timeoutMs' | 'loadingWaitMs' | 'maxBodyBytes' | 'maxImages' | 'bodyIdleMs' | 'clock' | 'tokens' | 'corsOrigins'
    >
  > & {
    readonly status?: Partial<StatusSources>;
    /** Default: nothing is logged. */
    readonly accessLog?: AccessLogMode;
    /** Default: silent. */
    readonly log?: Logger;
    /** What metrics are made from besides servings. */
    readonly measured?: Pick<ServingMetricsOptions, 'gpus' | 'volume'>;
  } = {},
): Promise<RunningApp> {
  const draining = new AbortController();
  const cutOff = new AbortController();
  const uses = { begun: 0, open: 0 };
  const manager = new ServingManager({ servings });
  const { log = silentLogger, accessLog = 'none' } = options;
  const statistics = new ServingStatistics(servings);
  const metrics = new ServingMetrics({ servings, shares: () => [], statistics, ...options.measured });
  const observer = new RequestObserver({ metrics, log, accessLog });
  const ended = new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down.');
  const app = createApp({
    timeoutMs: 60_000,
    loadingWaitMs: 60_000,
    maxBodyBytes: 1_000_000,
    maxImages: 64,
    bodyIdleMs: 60_000,
    ...options,
    servings: manager,
    log,
    draining: draining.signal,
    cutOff: cutOff.signal,
    metrics,
    statistics,
    observer,
    status: { servings: manager, ...emptyStatus, ...options.status },
    watch: {
      begin: () => {
        uses.begun++;
        uses.open++;
        return () => {
          uses.open--;
        };
      },
    },
  });
  const http = createServer({ requireHostHeader: false }, app)
    .on('checkContinue', app)
    .on('checkExpectation', app)
    .on('clientError', (error, socket: Socket) => observer.onClientError(error, socket))
    .listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    http,
    uses,
    metrics,
    drain: () => draining.abort(ended),
    cutOff: () => cutOff.abort(ended),
    stop: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      metrics.close();
      statistics.close();
    },
  };
}
