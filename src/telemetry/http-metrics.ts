import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../errors/error-registry.js';
import { requestBuckets, secondsIn } from './metric-buckets.js';

/** A request over HTTP that is done with. */
export interface ObservedRequest {
  /** The pattern of its route, not its path: there must not be a time series for each. `none` where no route took it. */
  readonly route: string;
  /** One of a few names; `other` for the rest. */
  readonly method: string;
  /** 499 where the client went away before the answer. */
  readonly status: number;
  /** Null for what never became a request. */
  readonly durationMs: number | null;
  /** Null where it was answered without an error. */
  readonly errorCode: ErrorCode | null;
}

/** Metrics of the HTTP side. */
export class HttpMetrics {
  readonly #requests: Counter<'route' | 'method' | 'status'>;
  readonly #failures: Counter<'route' | 'code'>;
  readonly #duration: Histogram<'route'>;
  readonly #droppedConnections: Counter;

  /** @param connections how many are open; undefined: nobody knows */
  constructor(registry: Registry, connections: (() => number) | undefined) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'hornet_http_requests_total',
      help: 'Requests by route, method and status; 499 where the client went away before the answer.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#failures = new Counter({
      name: 'hornet_http_failures_total',
      help: 'Requests that were answered with an error, by its code; ERR_CANCELLED where the client went away before.',
      labelNames: ['route', 'code'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'hornet_http_request_duration_seconds',
      help: 'From the headers of a request to the last byte of its answer, or until its client has gone.',
      labelNames: ['route'],
      buckets: requestBuckets,
      registers,
    });
    this.#droppedConnections = new Counter({
      name: 'hornet_http_connections_dropped_total',
      help: 'Connections that were closed at once, because as many were open as HORNET_MAX_CONNECTIONS allows.',
      registers,
    });
    if (connections === undefined) return;
    new Gauge({
      name: 'hornet_http_connections',
      help: 'Connections that are open.',
      registers,
      collect() {
        this.set(connections());
      },
    });
  }

  observe({ route, method, status, durationMs, errorCode }: ObservedRequest): void {
    this.#requests.inc({ route, method, status });
    if (errorCode !== null) this.#failures.inc({ route, code: errorCode });
    if (durationMs !== null) this.#duration.observe({ route }, secondsIn(durationMs));
  }

  countDroppedConnection(): void {
    this.#droppedConnections.inc();
  }
}
