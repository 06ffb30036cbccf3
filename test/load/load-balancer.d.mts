export interface LoadBalancerOptions {
  /** How often each of three servers is restarted in turn. */
  readonly rollingRestarts: number;
  /** How often one of them is killed. */
  readonly kills: number;
  readonly connections: number;
  readonly seed?: number;
  readonly onStep?: (done: string) => void;
}

/** What became of one restart or kill under load. */
export interface LoadBalancerRound {
  readonly server: string;
  /** Requests of clients meanwhile. */
  readonly requests: number;
  /** Those that were answered otherwise than with the right label, or not at all. */
  readonly failed: readonly string[];
  /** Requests that the balancer sent more than once. */
  readonly retried: number;
  /** How often at most one of those was sent again. */
  readonly mostRetries: number;
  /** The most requests that the balancer has had in this server at once, so far. */
  readonly mostAtOnce: number;
  /** From the signal until the balancer sent requests to the new process. */
  readonly awayMs: number;
  readonly exitCode: number | string | null;
}

export interface LoadBalancerResult {
  readonly restarts: readonly LoadBalancerRound[];
  readonly kills: readonly LoadBalancerRound[];
}

/**
 * Three `hornet serve` behind HAProxy under load: each is restarted in turn, then some are killed and started again.
 * Needs dist/ and the command `haproxy`.
 */
export function balanceLoad(options: LoadBalancerOptions): Promise<LoadBalancerResult>;
