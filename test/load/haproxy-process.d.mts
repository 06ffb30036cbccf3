/** A request that HAProxy sent more than once, or could not get answered. */
export interface RetriedRequest {
  /** The last server that was asked. */
  readonly server: string;
  /** What the client got; -1: nothing. */
  readonly status: number;
  /** How the session ended, as HAProxy's manual has it; `----`: as it should. */
  readonly flags: string;
  readonly retries: number;
  /** Whether the last server is another one than the first. */
  readonly moved: boolean;
}

/** HAProxy with deploy/haproxy/haproxy.cfg, its addresses exchanged. */
export interface Balancer {
  readonly url: string;
  /** So far; what was answered at the first try is not there. */
  retried(): readonly RetriedRequest[];
  /** One of HAProxy's own metrics. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number | undefined>;
  /** Resolves when HAProxy sends requests to this server (`hornet-1` to `hornet-3`). */
  untilUp(server: string): Promise<void>;
  stop(): Promise<void>;
}

/** Ports of the loopback address that nobody listens on just now. */
export function freePorts(count: number): Promise<number[]>;

/** deploy/haproxy/haproxy.cfg for servers on these ports of the loopback address. */
export function balancerConfig(ports: {
  readonly listen: number;
  readonly metrics: number;
  readonly servers: readonly number[];
}): string;

/** Starts HAProxy in front of servers on these ports. Needs the command `haproxy`. */
export function startBalancer(servers: readonly number[]): Promise<Balancer>;
