import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HornetError } from '../errors/hornet-error.js';
import { silentLogger } from '../logging/create-logger.js';
import { ServingManager } from '../serving/serving-manager.js';
import { ServingMetrics } from '../telemetry/serving-metrics.js';
import { type AppOptions, createApp } from './create-app.js';
import type { FakeServing } from './fake-serving.test-support.js';
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
export const emptyStatus: Omit<StatusSources, 'servings'> = {
  probe: () => null,
  memory: () => ({ maxLoaded: 0, maxResidentBytes: 0, availableBytes: null, residents: [], waiting: 0 }),
  shares: () => [],
  volume: () => Promise.resolve({ weights: { bytes: 0, freeBytes: null }, engines: { bytes: 0, freeBytes: null } }),
};

/** Starts the routes on a free port of loopback. */
export async function startApp(
  servings: readonly [FakeServing, ...FakeServing[]],
  options: Partial<Pick<AppOptions, 'timeoutMs' | 'loadingWaitMs' | 'maxBodyBytes'>> & {
    readonly status?: Partial<StatusSources>;
  } = {},
): Promise<RunningApp> {
  const draining = new AbortController();
  const cutOff = new AbortController();
  const uses = { begun: 0, open: 0 };
  const manager = new ServingManager({ servings });
  const metrics = new ServingMetrics({ servings, shares: () => [] });
  const ended = new HornetError('ERR_SERVING_CLOSED', 'The server is shutting down.');
  const app = createApp({
    timeoutMs: 60_000,
    loadingWaitMs: 60_000,
    maxBodyBytes: 1_000_000,
    ...options,
    servings: manager,
    log: silentLogger,
    draining: draining.signal,
    cutOff: cutOff.signal,
    metrics,
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
  const http = createServer(app).on('checkContinue', app).listen(0, '127.0.0.1');
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
    },
  };
}
