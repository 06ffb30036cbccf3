import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Scope, Token } from './tokens.js';

/**
 * Says what a token is good for. It keeps no tokens but keyed hashes of them, under a key that only this process has:
 * all are equally long, so a comparison tells neither how long a token is nor how much of it was right, and every
 * comparison with every token is made.
 */
export class TokenKeeper {
  readonly #key = randomBytes(32);
  #kept: readonly { readonly hash: Buffer; readonly scopes: ReadonlySet<Scope> }[] = [];

  constructor(tokens: readonly Token[]) {
    this.replace(tokens);
  }

  /** From now on these are the tokens; with none, nobody has a good one. */
  replace(tokens: readonly Token[]): void {
    this.#kept = tokens.map(({ value, scopes }) => ({ hash: this.#hash(value), scopes }));
  }

  /** Everything the token is good for; empty for one that is not known. */
  scopesOf(presented: string): ReadonlySet<Scope> {
    const hash = this.#hash(presented);
    const found = new Set<Scope>();
    for (const kept of this.#kept) {
      if (timingSafeEqual(kept.hash, hash)) for (const scope of kept.scopes) found.add(scope);
    }
    return found;
  }

  #hash(value: string): Buffer {
    return createHmac('sha256', this.#key).update(value).digest();
  }
}
