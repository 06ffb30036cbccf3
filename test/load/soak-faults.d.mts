import type { Fault } from '../hub-server/index.mjs';

/** What goes wrong while a model is fetched again, and what whoever asked for that is answered. */
export interface SoakFault {
  readonly name: string;
  /** Of the Hub. */
  readonly faults: readonly Fault[];
  /** What else holds meanwhile. */
  readonly state?: 'Hub gone' | 'volume full';
  /** Codes by status; null of an answer that is none. */
  readonly allowed: Readonly<Record<number, string | null>>;
}

/** File of the repository that is spoilt. */
export const weights: string;

/** Those of a cycle: all, one that takes half a minute among them, or in brief one of each sort that is quickly over. */
export function faultsOf(options: {
  readonly cycle: number;
  readonly brief: boolean;
  /** Whether there is a volume that can be filled. */
  readonly hasVolume: boolean;
}): readonly SoakFault[];
