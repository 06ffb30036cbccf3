import type { RequestHandler } from 'express';
import type { ServingStatistics } from '../../telemetry/serving-statistics.js';
import type { ClassifyRouteOptions } from '../classify-route.js';
import type { IdleWatch } from '../idle-watch.js';
import type { ServedServings } from '../served.js';

/** What the routes of the Open Inference Protocol need. */
export interface V2Options extends ClassifyRouteOptions {
  readonly servings: ServedServings;
  /** Aborts once the server is shutting down. */
  readonly draining: AbortSignal;
  /** Told that the server is in use as long as something is loaded by hand. */
  readonly watch: Pick<IdleWatch, 'begin'>;
  readonly statistics: Pick<ServingStatistics, 'report'>;
  /** Goes before every route that is a use of the server, which probes and statistics are not. */
  readonly used: RequestHandler;
}
