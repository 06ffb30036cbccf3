// A rate that all responses of one server share.

import { setTimeout as wait } from 'node:timers/promises';

const freeChunkBytes = 256 * 1024;

export class Throttle {
  /** @type {number | null} */
  #bytesPerSecond = null;
  #freeAt = 0;

  setRate(/** @type {number | null} */ bytesPerSecond) {
    if (bytesPerSecond !== null && !(bytesPerSecond > 0)) throw new RangeError('a rate is above 0 bytes per second');
    this.#bytesPerSecond = bytesPerSecond;
    this.#freeAt = 0;
  }

  /** How much to write at once: some 20 ms worth, so that the rate is even and a broken transfer wastes little. */
  get chunkBytes() {
    if (this.#bytesPerSecond === null) return freeChunkBytes;
    return Math.max(1024, Math.min(64 * 1024, Math.floor(this.#bytesPerSecond / 50)));
  }

  /** Resolves when the rate allows this many further bytes. */
  async take(/** @type {number} */ bytes) {
    if (this.#bytesPerSecond === null) return;
    const now = performance.now();
    const start = Math.max(now, this.#freeAt);
    this.#freeAt = start + (bytes / this.#bytesPerSecond) * 1000;
    if (start > now) await wait(start - now);
  }
}
