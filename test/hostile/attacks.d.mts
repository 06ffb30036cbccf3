import type { Conversation } from './converse.mjs';

/** One kind of hostile request. */
export interface Attack {
  readonly name: string;
  /** How often it is chosen beside the others, 1 unless given. */
  readonly weight?: number;
  make(random: Random): Conversation;
}

/** Numbers from 0 to 1. */
export type Random = () => number;

/** All kinds, against a server that serves `digits`. Whatever they hide in their bodies would unload it. */
export const attacks: readonly Attack[];
