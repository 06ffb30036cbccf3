import type { SoakBodies } from './soak-bodies.mjs';
import type { RequestKind } from './start-load.mjs';

/** A kind of request, and the answers that fit it. */
export interface SoakKind extends RequestKind {
  /** Whose state may change the answer; left out where none does. */
  readonly serving?: string;
  /** Asks for the state, and gets a status without a code where the serving is not there. */
  readonly isProbe?: boolean;
  /** Codes by status; null of an answer that is none. */
  readonly allowed: Readonly<Record<number, string | null>>;
}

/**
 * What is asked of a server with the servings `digits` (the default one), `mobile` and `rare`.
 * @returns `slow` ones hold their connection for a second or so; `flood` is what is sent all at once
 */
export function soakKinds(
  bodies: SoakBodies,
  options: {
    /** First labels that `mobile` gives the scenes, by file. */
    readonly sceneLabels: Readonly<Record<string, string>>;
    /** For how long a sender stalls who is to be cut off, ms. */
    readonly stalledMs: number;
  },
): { readonly quick: readonly SoakKind[]; readonly slow: readonly SoakKind[]; readonly flood: SoakKind };
