/** Numbers that look random and are the same for the same seed, so that a run can be repeated. */
export class Random {
  #state;

  /** @param {number} seed any integer */
  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, without 1 (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 to `count` - 1. @param {number} count */
  below(count) {
    return Math.floor(this.next() * count);
  }

  /** @param {number} probability from 0 to 1 */
  chance(probability) {
    return this.next() < probability;
  }

  /**
   * One of a list that is not empty.
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return /** @type {T} */ (list[this.below(list.length)]);
  }

  /** From 1 to `most`, small ones more often than large ones. @param {number} most */
  length(most) {
    return 1 + this.below(this.chance(0.7) ? Math.min(most, 4) : this.chance(0.7) ? Math.min(most, 32) : most);
  }
}
