import type { LatencySummary } from '../load/start-load.mjs';

export interface HostileDayPlan {
  readonly durationMs: number;
  /** Repeats what is sent. */
  readonly seed: number;
  /** Conversations that begin per second, as long as there are no more than {@link strangers} at once. */
  readonly ratePerSecond: number;
  /** Most conversations that go on at once. */
  readonly strangers: number;
  readonly idleConnections: number;
  readonly slowSenders: number;
  /** For the server. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a server has left when nobody is there. */
export interface Footprint {
  readonly descriptors: number;
  readonly residentBytes: number;
  /** After a collection: heap and what hangs on it. */
  readonly heapBytes: number;
}

export interface HostileDay {
  /** By kind of attack. */
  readonly conversations: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly ends: Readonly<Record<string, number>>;
  /** What must not be, each with the attack and its number in the sequence of the seed. */
  readonly problems: readonly string[];
  /** /health/live, asked by another process throughout. */
  readonly health: {
    readonly requests: number;
    readonly answered: number;
    readonly latency: LatencySummary | undefined;
  };
  readonly idle: { readonly most: number; readonly closed: number };
  readonly slow: { readonly most: number; readonly closed: number };
  readonly before: Footprint;
  readonly after: Footprint;
  /** Whether it classifies as before. */
  readonly label: string;
  readonly exitCode: number | string | null;
}

/** Starts `hornet serve digits`, is hostile to it for a while, and tells what became of it. */
export function hostileDay(plan: HostileDayPlan): Promise<HostileDay>;
